import { Option } from "commander";
import type { Register } from "../../command.ts";
import { wholeNumber } from "../../input/number.ts";
import { addSnippetOptions } from "../../input/snippet-options.ts";
import type { ListOptions } from "./run.ts";

const MAX_LIMIT = 100;

/** `imgwire list`. */
export const registerList: Register = (program, run) => {
  const command = program
    .command("list")
    .description("list your images, newest first")
    .addOption(
      new Option("--page <n>", "page to show (default 1)").argParser(wholeNumber("--page", 1, 1_000_000))
    )
    .addOption(
      new Option("--limit <n>", `images per page, 1 to ${MAX_LIMIT} (default 20)`).argParser(
        wholeNumber("--limit", 1, MAX_LIMIT)
      )
    )
    .option("--all", "list every page")
    .option("--no-preview", "don't show thumbnails on a terminal");
  addSnippetOptions(command);
  command.action(
    run(async (invocation, options: ListOptions) => (await import("./run.ts")).runList(invocation, options))
  );
};
