import type { Register } from "../../command.ts";
import type { DownloadOptions } from "./run.ts";

/** `imgwire download`. */
export const registerDownload: Register = (program, run) => {
  program
    .command("download")
    .description("download original images by id")
    .argument("[image-id...]", "ids or CDN URLs (default: read from stdin)")
    .option("-o, --output <path>", "a folder, a file name (one image), or - for stdout", ".")
    .option("--overwrite", "replace existing files")
    .option("--skip-existing", "keep existing files and save the rest")
    .action(
      run(async (invocation, options: DownloadOptions, ids: string[]) => {
        const { runDownload } = await import("./run.ts");
        return runDownload(invocation, options, ids);
      })
    );
};
