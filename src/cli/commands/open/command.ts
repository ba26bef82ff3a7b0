import type { Register } from "../../command.ts";

/** `imgwire open`. */
export const registerOpen: Register = (program, run) => {
  program
    .command("open")
    .description("open an image or a dashboard page in your browser")
    .argument("<id-or-page>", "an image's id or CDN URL, or one of: dashboard, connections, keys")
    .action(
      run(async (invocation, _options: object, what: string) =>
        (await import("./run.ts")).runOpen(invocation, what)
      )
    );
};
