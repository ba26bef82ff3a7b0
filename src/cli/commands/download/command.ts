import type { Register } from "../../command.ts";

/** Where images are to be downloaded to. */
export interface DownloadCommandOptions {
  output: string;
  overwrite?: true;
}

/** `imgwire download`. */
export const registerDownload: Register = (program, run) => {
  program
    .command("download")
    .description("download the originals of images")
    .argument("[image-id...]", "ids or CDN URLs; without any, what is piped in")
    .requiredOption("-o, --output <path>", "a folder; for one image also a file, or - for stdout")
    .option("--overwrite", "replace files that exist already")
    .action(
      run(async (invocation, options: DownloadCommandOptions, ids: string[]) => {
        const { runDownload } = await import("./run.ts");
        return runDownload(invocation, options, ids);
      })
    );
};
