import { Option } from "commander";
import { addCommonOptions } from "../../input/snippet-options.ts";
import { UsageError } from "../../../errors.ts";
import type { Register } from "../../command.ts";
import type { UrlOptions } from "./run.ts";
import { PRESETS, TRANSFORMS } from "./transforms.ts";

/** `imgwire url`. */
export const registerUrl: Register = (program, run) => {
  const command = program
    .command("url")
    .description("print the CDN URL of images, with a preset or transforms")
    .argument("[image-id...]", "ids or CDN URLs (default: read from stdin)")
    .addOption(new Option("--preset <name>", "one of the CDN's preset sizes").choices(PRESETS));
  for (const { flag, value, describe, parse } of TRANSFORMS) {
    command.addOption(new Option(`--${flag} ${value}`, describe).argParser(parse));
  }
  addCommonOptions(command);
  command
    .addOption(new Option("--set <name=value>", "any other transform (repeatable)").argParser(pair))
    .action(
      run(async (invocation, options: UrlOptions, ids: string[]) => {
        const { runUrl } = await import("./run.ts");
        return runUrl(invocation, options, ids);
      })
    );
};

function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--set takes name=value, not "${text}".`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
