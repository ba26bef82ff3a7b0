import type { Register } from "../../command.ts";

/** `imgwire import`. */
export const registerImport: Register = (program, run) => {
  program
    .command("import")
    .description("import images from URLs and print their CDN URLs")
    .argument("<url...>", "URLs of the images to import")
    .action(
      run(async (invocation, _options: object, urls: string[]) =>
        (await import("./run.ts")).runImport(invocation, urls)
      )
    );
};
