import type { Register } from "../../command.ts";
import type { PublishOptions } from "./run.ts";

/** `imgwire publish`. */
export const registerPublish: Register = (program, run) => {
  program
    .command("publish")
    .description("upload the images used in Markdown/HTML files and replace their paths with CDN URLs")
    .argument("<document...>", "Markdown and HTML files, or folders of them")
    .option("--root <folder>", "folder that a leading / stands for (default: the project's)")
    .option("--dry-run", "preview the changes as a diff; upload and change nothing")
    .option("--check", "upload and change nothing; exit 1 if anything would change")
    .option("--allow-missing", "don't fail on missing images")
    .action(
      run(async (invocation, options: PublishOptions, documents: string[]) => {
        const { runPublish } = await import("./run.ts");
        return runPublish(invocation, options, documents);
      })
    );
};
