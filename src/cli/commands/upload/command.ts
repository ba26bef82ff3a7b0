import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Register } from "../../command.ts";
import { wholeNumber } from "../../numbers.ts";
import { PRESETS } from "../url/command.ts";

/** How files are to be uploaded. */
export interface UploadCommandOptions {
  recursive?: true;
  concurrency?: number;
  purpose?: string;
  metadata?: Record<string, string>;
  preset?: string;
}

/** `imgwire upload`. */
export const registerUpload: Register = (program, run) => {
  program
    .command("upload")
    .description("upload image files and print their CDN URLs, one a line")
    .argument(
      "<path...>",
      "files, glob patterns, folders (with --recursive), or - for paths on stdin, one a line"
    )
    .option("-r, --recursive", "enter folders, at all depths")
    .addOption(
      new Option("--concurrency <n>", "files on their way at the same time (default 12)").argParser(
        wholeNumber("--concurrency", 1, 64)
      )
    )
    .option("--purpose <text>", "what the images are for, kept with them")
    .addOption(
      new Option("--metadata <key=value>", "custom metadata, kept with the images (repeatable)").argParser(
        metadata
      )
    )
    .addOption(new Option("--preset <name>", "print the URL of this preset").choices(PRESETS))
    .action(
      run(async (invocation, options: UploadCommandOptions, paths: string[]) => {
        const { runUpload } = await import("./run.ts");
        return runUpload(invocation, options, paths);
      })
    );
};

function metadata(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--metadata takes key=value, not "${text}".`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
