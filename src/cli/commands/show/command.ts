import type { Register } from "../../command.ts";

/** `imgwire show`. */
export const registerShow: Register = (program, run) => {
  program
    .command("show")
    .description("show an image's record and its URLs")
    .argument("<image-id>", "id or CDN URL")
    .action(
      run(async (invocation, _options: object, id: string) =>
        (await import("./run.ts")).runShow(invocation, id)
      )
    );
};
