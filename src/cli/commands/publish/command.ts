import type { Register } from "../../command.ts";

/** How documents are to be published. */
export interface PublishOptions {
  root?: string;
  dryRun?: true;
  check?: true;
  allowMissing?: true;
}

/** `imgwire publish`. */
export const registerPublish: Register = (program, run) => {
  program
    .command("publish")
    .description("upload the local images that documents refer to and rewrite the references to CDN URLs")
    .argument("<document...>", "Markdown and HTML files, or folders of them")
    .option("--root <folder>", "folder that a leading / in a reference stands for (default: the project's)")
    .option("--dry-run", "change and send nothing; show the changes as a diff")
    .option("--check", "change and send nothing; exit 1 if anything would change")
    .option("--allow-missing", "exit 0 though images that documents refer to do not exist")
    .action(
      run(async (invocation, options: PublishOptions, documents: string[]) => {
        const { publish } = await import("./run.ts");
        return publish(invocation, options, documents);
      })
    );
};
