import { describe, expect, it } from "vitest";
import { answerWith, readQuestion, takeRemember, withRemember } from "../../src/mcp/environment/question.ts";

const KNOWN = [
  { id: "id-1", name: "production" },
  { id: "id-2", name: "staging" }
];
const FIELD = { type: "string", enum: ["id-1", "id-2"], enumNames: ["production", "staging"] };

function question(properties: object, more: object = {}) {
  const requestedSchema = { type: "object", properties, required: Object.keys(properties) };
  return { method: "elicitation/create", params: { message: "Choose", requestedSchema, ...more } };
}

describe("a question for an Environment", () => {
  it.each([
    ["written with enum and enumNames", question({ environment_id: FIELD })],
    [
      "written with titled oneOf",
      question({ environment: { oneOf: [{ const: "id-1", title: "production" }] } })
    ],
    ["recognisable only by its message", question({ choice: FIELD }, { message: "Which Environment?" })],
    ["recognisable only by its options", question({ choice: FIELD })],
    ["written with its mode", question({ environment_id: FIELD }, { mode: "form" })],
    [
      "accompanied by an optional field",
      question(
        { environment_id: FIELD },
        {
          requestedSchema: {
            type: "object",
            properties: { environment_id: FIELD, note: { type: "string" } },
            required: ["environment_id"]
          }
        }
      )
    ]
  ])("recognises a question for an Environment that is %s", (_, asked) =>
    expect(readQuestion(asked, KNOWN)?.options[0]?.id).toBe("id-1")
  );

  it.each([
    ["a URL to visit", question({ environment_id: FIELD }, { mode: "url" })],
    ["another choice", question({ size: { type: "string", enum: ["small", "large"] } })],
    [
      "a form that requires more than an Environment",
      question({ environment_id: FIELD, reason: { type: "string" } })
    ],
    ["two Environments", question({ from_environment: FIELD, to_environment: FIELD })],
    ["free text", question({ environment: { type: "string" } })],
    ["another method", { method: "sampling/createMessage", params: {} }],
    ["nothing", { method: "elicitation/create" }],
    ["options of other types", question({ environment: { enum: [1, null, {}] } })]
  ])("doesn't mistake %s for a question for an Environment", (_, asked) =>
    expect(readQuestion(asked, KNOWN)).toBeUndefined()
  );
});

describe("the answer", () => {
  const form = { property: "environment_id", options: KNOWN };

  it("answers a question with the value of the option with the selected id or name", () => {
    const accepted = { action: "accept", content: { environment_id: "id-2" } };
    expect(answerWith(form, { wanted: "staging", environment: KNOWN[1] })).toEqual(accepted);
    expect(answerWith(form, { wanted: "staging", environment: undefined })).toEqual(accepted);
    expect(answerWith(form, { wanted: "id-2", environment: undefined })).toEqual(accepted);
    const byName = { property: "environment", options: [{ id: "staging", name: "staging" }] };
    expect(answerWith(byName, { wanted: "id-2", environment: KNOWN[1] })).toEqual({
      action: "accept",
      content: { environment: "staging" }
    });
  });

  it("doesn't answer a form that doesn't offer the selected Environment", () => {
    expect(answerWith(form, { wanted: "qa", environment: { id: "id-3", name: "qa" } })).toBeUndefined();
  });

  it("saves an answer only if it was accepted with the box ticked, and doesn't send the box to Imgwire", () => {
    const content = { environment_id: "id-2", remember: true };
    expect(takeRemember(form, { action: "accept", content })).toEqual({
      result: { action: "accept", content: { environment_id: "id-2" } },
      remember: KNOWN[1]
    });
    expect(takeRemember(form, { action: "decline", content }).remember).toBeUndefined();
    const unticked = { action: "accept", content: { ...content, remember: false } };
    expect(takeRemember(form, unticked).remember).toBeUndefined();
  });

  it("adds no remember box to a form that has its own field of that name", () => {
    const asked = question({ environment_id: FIELD, remember: { type: "boolean" } });
    expect(withRemember(asked, "this project folder")).toBe(asked);
  });
});
