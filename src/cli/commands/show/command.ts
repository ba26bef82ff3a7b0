import type { Register } from "../../command.ts";
import type { ShowOptions } from "./run.ts";

/** `imgwire show`. */
export const registerShow: Register = (program, run) => {
  program
    .command("show")
    .description("show an image's record and its URLs")
    .argument("<image-id>", "id or CDN URL")
    .option("--no-preview", "don't show the image on a terminal")
    .action(
      run(async (invocation, options: ShowOptions, id: string) =>
        (await import("./run.ts")).runShow(invocation, options, id)
      )
    );
};
