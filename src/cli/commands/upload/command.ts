import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Register } from "../../command.ts";
import { wholeNumber } from "../../input/number.ts";
import { addSnippetOptions } from "../../input/snippet-options.ts";
import { PRESETS } from "../url/transforms.ts";
import type { UploadCommandOptions } from "./run.ts";

const MAX_CONCURRENCY = 64;

/** `imgwire upload`. */
export const registerUpload: Register = (program, run) => {
  const command = program
    .command("upload")
    .description("upload images and print their CDN URLs, one per line")
    .argument("<path...>", "files, globs, folders (with -r), or - for stdin")
    .option("-r, --recursive", "upload folders, including their subfolders")
    .option("--dry-run", "preview what would be uploaded; upload nothing")
    .addOption(new Option("--no-cache", "with -r, also check unchanged files with Imgwire").hideHelp())
    .addOption(
      new Option("--concurrency <n>", "parallel uploads (default 12)").argParser(
        wholeNumber("--concurrency", 1, MAX_CONCURRENCY)
      )
    )
    .option("--purpose <text>", 'a note stored with each image, like "docs"')
    .addOption(
      new Option("--metadata <key=value>", "metadata for each image (repeatable)").argParser(metadata)
    )
    .addOption(new Option("--preset <name>", "print the URL of this preset").choices(PRESETS));
  addSnippetOptions(command);
  command.action(
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
