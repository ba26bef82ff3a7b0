import { type Command, Option } from "commander";
import { SNIPPET_FORMATS, type SnippetFormat, type SnippetOptions } from "../ui/snippet.ts";
import { MAX_PIXELS, wholeNumber } from "./number.ts";

/** How to print images. */
export interface FormatOptions extends SnippetOptions {
  format?: SnippetFormat;
  /** Also copy the output to the clipboard. */
  copy?: true;
}

/** Adds `--format` and its related options. */
export function addSnippetOptions(command: Command): void {
  command
    .addOption(new Option("--format <name>", SNIPPET_FORMATS.join(", ")).choices(SNIPPET_FORMATS).hideHelp())
    .addOption(
      new Option("--width <px>", "width of the image")
        .argParser(wholeNumber("--width", 1, MAX_PIXELS))
        .hideHelp()
    );
  addCommonOptions(command);
}

/** Adds those snippet options whose names don't clash with CDN transforms. */
export function addCommonOptions(command: Command): void {
  command
    .addOption(new Option("--alt <text>", "alternative text (default: the file's name)").hideHelp())
    .addOption(new Option("--sizes <value>", "`sizes` attribute of a picture (default 100vw)").hideHelp())
    .addOption(new Option("--copy", "also copy the output to the clipboard").hideHelp());
}
