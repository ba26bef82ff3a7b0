import type { Http } from "../../system/http.ts";
import type { AskForFolder } from "../../transfer/open.ts";
import type { PathPolicy } from "../../transfer/roots.ts";
import type { Progress } from "../calls/hosted-call.ts";
import type { LocalCallContext } from "./local-tool.ts";

/** What the tools that read or write files need. */
export interface FileToolOptions extends Omit<PathPolicy, "clientRoots" | "cwd"> {
  /** Saves a folder as one that uploads may always read from. */
  allowAlways?: (folder: string) => Promise<void>;
  http: () => Promise<Http>;
  cwd: () => string;
  /** The current Environment, by id or name; undefined if the connection's own is used. */
  environment: () => string | undefined;
  /** Whether metadata is removed from images before they are sent, unless a call says otherwise. */
  stripMetadata?: boolean;
}

/** The options, plus the consent that the tools share. */
export interface FileAccess extends FileToolOptions {
  consent: Consent;
}

/** The policy by which one call's paths are resolved and checked. */
export async function pathPolicyFor(access: FileAccess, context: LocalCallContext): Promise<PathPolicy> {
  return { ...access, cwd: access.cwd(), clientRoots: await context.roots() };
}

const STEPS = 5;

/**
 * Reports the progress of one transfer in bytes. Reports only a few times, because each notification costs
 * the agent, and never goes backwards, even if an attempt starts over.
 */
export function byteProgress(
  report: (progress: Progress) => void
): (done: number, total: number, message: string) => void {
  let reported = 0;
  return (done, total, message) => {
    if (done <= reported || (done < total && done - reported < total / STEPS)) return;
    reported = done;
    report({ progress: done, total, message });
  };
}

/**
 * Returns a function that asks the user about folders outside the upload roots; undefined if the client can't
 * ask.
 */
export type Consent = (context: LocalCallContext) => AskForFolder | undefined;

/** The answers to choose from, as the user sees them. */
const CHOICES = {
  once: "Allow once",
  session: "Allow this folder until the agent is closed",
  always: "Always allow this folder",
  no: "Do not allow"
} as const;
type Choice = keyof typeof CHOICES;

/**
 * Creates a {@link Consent} that remembers the user's answers for as long as the process runs.
 * @param allowAlways saves a folder that uploads may always read from; without it, that answer isn't offered
 */
export function createConsent(allowAlways?: (folder: string) => Promise<void>): Consent {
  const answers = new Map<string, Promise<boolean>>();
  return ({ elicit, signal }) => {
    if (!elicit) return undefined;
    const ask = async (folder: string): Promise<boolean> => {
      const choice = choiceIn(await elicit(question(folder, allowAlways !== undefined), signal));
      // Allowed once, or dismissed: nothing to remember.
      if (choice === "once" || choice === undefined) answers.delete(folder);
      if (choice === "always") await allowAlways?.(folder);
      return choice !== undefined && choice !== "no";
    };
    return (folder) => {
      const answer = answers.get(folder) ?? ask(folder);
      answers.set(folder, answer);
      // If the question couldn't be asked, refuse this time, but don't remember it.
      return answer.catch(() => {
        answers.delete(folder);
        signal.throwIfAborted();
        return false;
      });
    };
  };
}

function choiceIn({
  action,
  content
}: Awaited<ReturnType<NonNullable<LocalCallContext["elicit"]>>>): Choice | undefined {
  if (action === "decline") return "no";
  if (action === "cancel") return undefined;
  const choice = String(content?.["choice"]);
  return choice in CHOICES ? (choice as Choice) : "no";
}

function question(folder: string, canSave: boolean): Parameters<NonNullable<LocalCallContext["elicit"]>>[0] {
  return {
    mode: "form",
    message: `The agent wants to upload an image from ${folder}, which is outside the folders that uploads may read from.`,
    requestedSchema: {
      type: "object",
      properties: {
        choice: {
          type: "string",
          title: "Uploads from this folder",
          oneOf: Object.entries(CHOICES)
            .filter(([value]) => canSave || value !== "always")
            .map(([value, title]) => ({ const: value, title })),
          default: "once"
        }
      },
      required: ["choice"]
    }
  };
}
