import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Register } from "../../command.ts";
import { MAX_PIXELS, wholeNumber } from "../../input/number.ts";
import type { PublishOptions } from "./options.ts";
import { PRESETS } from "../url/transforms.ts";

/** `imgwire publish`. */
export const registerPublish: Register = (program, run) => {
  program
    .command("publish")
    .description("upload the images used in Markdown/HTML files and replace their paths with CDN URLs")
    .argument("[document...]", "documents or folders")
    .addOption(repeatable("--root <folder>", "folder that a leading / in a path refers to (repeatable)"))
    .addOption(
      repeatable("--include <pattern>", "only documents that match this .gitignore pattern (repeatable)")
    )
    .addOption(
      repeatable("--exclude <pattern>", "skip documents that match this .gitignore pattern (repeatable)")
    )
    .addOption(new Option("--preset <name>", "deliver images with this preset").choices(PRESETS))
    .addOption(
      new Option(
        "--width <pixels>",
        "deliver images at this width; auto uses the width given in the document"
      ).argParser(width)
    )
    .addOption(new Option("--format <name>", "deliver images in this format").choices(FORMATS))
    .addOption(
      new Option("--srcset <widths>", "widths to offer in `srcset` (HTML, MDX), or none").argParser(widths)
    )
    .option("--dry-run", "preview the changes as a diff; upload and change nothing")
    .option("--check", "upload and change nothing; exit 1 if anything would change or can't be published")
    .option("--undo", "restore the original paths in documents; images stay on Imgwire")
    .option("--prune", "remove images that no document uses from the lock file")
    .option("--status", "list images and their state: published, changed, missing or unused")
    .option("--links", "also publish images that HTML links to")
    .option("--install-git", "set up git to merge the lock file and to check documents before each commit")
    .addOption(new Option("--merge-lock", "merge two lock files (used by git's merge driver)").hideHelp())
    .option("--allow-missing", "don't fail on missing images")
    .action(
      run(async (invocation, options: PublishOptions, documents: string[]) => {
        const { runPublish } = await import("./run.ts");
        return runPublish(invocation, options, documents);
      })
    );
};

const FORMATS = ["auto", "jpg", "jpeg", "png", "webp", "avif", "gif", "tiff"];

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value
  ]);
}

function width(text: string): number | "auto" {
  if (text === "auto") return text;
  if (text === "") throw new UsageError("--width takes pixels, or auto.");
  return wholeNumber("--width", 1, MAX_PIXELS)(text);
}

function widths(text: string): number[] {
  if (text === "none") return [];
  return text.split(",").map((each) => wholeNumber("--srcset", 1, MAX_PIXELS)(each.trim()));
}
