import type { Tool } from "@modelcontextprotocol/client";
import type { ServerInfo } from "../hosted/connection.ts";
import type { ToolSelection } from "./selection.ts";
import type { Snapshot } from "./snapshot.ts";

/** A piece of advice, included if its tools are offered. */
interface Advice {
  /** The hosted tools that it needs. */
  needs: readonly string[];
  /** The tool that it is about, with the members that the selection looks at. */
  about: Pick<Tool, "name" | "annotations">;
  text: string;
}

const READS = { readOnlyHint: true };
const WRITES = { readOnlyHint: false };

const ADVICE: readonly Advice[] = [
  {
    needs: ["upload_image", "retrieve_image"],
    about: { name: "upload_image", annotations: WRITES },
    text:
      "Local image files work: call upload_image with `path`, or upload_images with `paths` for many files, folders or globs. " +
      "The server reads and sends the files itself: don't read, encode or resize them first, and don't ask for an API key."
  },
  {
    needs: ["upload_image_via_url"],
    about: { name: "upload_image_via_url", annotations: WRITES },
    text: "For an image that is already on the web, use upload_image_via_url."
  },
  {
    needs: ["get_image_url"],
    about: { name: "get_image_url", annotations: READS },
    text:
      "The cdn_url of a result is public and ready to use: put it, or the result's `markdown` or `html`, where the local path was. " +
      "get_image_url makes smaller, cropped or converted versions; never download an image and upload it again for that."
  },
  {
    needs: ["whoami"],
    about: { name: "whoami", annotations: READS },
    text: "Images belong to an Environment: whoami lists them, and use_environment selects one for this project folder."
  }
];

const SIGN_IN =
  "If a result contains a sign-in link, show it to the user, with its code if there is one, and call the tool again afterwards.";

/**
 * Returns the server info for the agent: the server's own, plus advice on the tools offered. It is part of
 * the first answer, so it must not load any package.
 */
export function withAdvice({ server, tools }: Snapshot, selection: ToolSelection): ServerInfo {
  const names = new Set(tools.map(({ name }) => name));
  const advice = ADVICE.filter(
    ({ needs, about }) => needs.every((name) => names.has(name)) && selection.of([about as Tool]).length > 0
  );
  if (advice.length === 0) return server;
  const capabilities =
    names.has("upload_image") || names.has("list_images") ? withPrompts(server) : server.capabilities;
  const texts = [...advice.map(({ text }) => text), SIGN_IN].join("\n");
  return {
    ...server,
    capabilities,
    instructions: server.instructions ? `${server.instructions}\n\n${texts}` : texts
  };
}

/** The server's capabilities, plus those for this program's prompts. */
function withPrompts({ capabilities }: ServerInfo): ServerInfo["capabilities"] {
  return {
    ...capabilities,
    prompts: capabilities["prompts"] ?? {},
    completions: capabilities["completions"] ?? {}
  };
}
