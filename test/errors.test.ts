import { expect, it } from "vitest";
import { EXIT, exitCodeOf, explain, SignInNeededError, UnreachableError } from "../src/errors.ts";

it("keeps the class and exit code of an error whose hint is changed", () => {
  const original = new UnreachableError("Imgwire can't be reached.");
  const changed = original.with({ hint: "Try again." });
  expect(changed).toBeInstanceOf(UnreachableError);
  expect(changed).toMatchObject({ code: "unreachable", message: original.message, cause: original });
  expect(exitCodeOf(changed)).toBe(EXIT.unreachable);
  expect(original.hint).toBeUndefined();
});

it("gives agents the changed hint, unless an error has one just for them", () => {
  const error = new SignInNeededError("You're not signed in.").with({ hint: "Run `imgwire login`." });
  expect(explain(error, "agent")).toBe("You're not signed in. Run `imgwire login`.");
  const forAgents = new SignInNeededError("You're not signed in.", { agentHint: "Ask the user." });
  expect(explain(forAgents.with({ hint: "Sign in." }), "agent")).toBe("You're not signed in. Ask the user.");
});
