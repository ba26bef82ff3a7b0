import { UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import { plain } from "../../ui/output.ts";
import { serverKeysUrl } from "../open/run.ts";

/** Creates a Client Key. */
export async function runCreate(
  invocation: Invocation,
  options: { allowUnsignedUpload?: true },
  name: string
): Promise<void> {
  const { out } = invocation;
  if (name.trim() === "") throw new UsageError("The key needs a name, such as web.");
  const args = { name, ...(options.allowUnsignedUpload && { allow_unsigned_upload: true }) };
  const key = await callHosted(invocation, "create_client_token", args, false);
  out.note("A Client Key is publishable: it's safe to ship in your frontend.");
  out.answer(key, () => plain(key["client_key"] ?? key["token"] ?? key["key"] ?? key));
}

/** Prints the URL of the page for creating Server API Keys. This program never sees these keys. */
export async function runServer(invocation: Invocation): Promise<void> {
  const url = await serverKeysUrl(invocation);
  invocation.out.note("Create a Server API Key here, and keep it in a server-only environment variable:");
  invocation.out.answer({ url }, () => plain(url));
}
