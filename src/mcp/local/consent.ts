import type { AskForFolder } from "../../transfer/open.ts";
import type { LocalCallContext } from "./local-tool.ts";

/** Asks the user about folders outside the upload roots: once per folder as long as the process lives. */
export type Consent = (context: LocalCallContext) => AskForFolder | undefined;

/** Creates the process's memory of what the user has allowed and refused. */
export function createConsent(): Consent {
  const answers = new Map<string, Promise<boolean>>();
  return ({ elicit, signal }) => {
    if (!elicit) return undefined;
    const ask = async (folder: string): Promise<boolean> => {
      const { action, content } = await elicit(question(folder), signal);
      // Dismissed, or never shown: that is no answer to remember.
      if (action === "cancel") answers.delete(folder);
      return action === "accept" && content?.["allow"] === true;
    };
    return (folder) => {
      const answer = answers.get(folder) ?? ask(folder);
      answers.set(folder, answer);
      // A question that could not be put is not an answer either: a refusal for this time only.
      return answer.catch(() => {
        answers.delete(folder);
        signal.throwIfAborted();
        return false;
      });
    };
  };
}

function question(folder: string): Parameters<NonNullable<LocalCallContext["elicit"]>>[0] {
  return {
    mode: "form",
    message: `The agent wants to upload an image from ${folder}, which lies outside the folders that uploads may read from.`,
    requestedSchema: {
      type: "object",
      properties: {
        allow: {
          type: "boolean",
          title: "Allow uploads from this folder",
          description: "Until the program is started again",
          default: false
        }
      },
      required: ["allow"]
    }
  };
}
