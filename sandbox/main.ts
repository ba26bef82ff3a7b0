import { parseCommandLine, usage, UsageError, type Request, type SandboxOptions } from "./options.ts";
import type { Sandbox } from "./sandbox.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let request: Request;
  try {
    request = parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`sandbox: ${error.message}\nTry: npm run sandbox -- --help`);
    return 2;
  }
  if (request.help) {
    process.stdout.write(usage);
    return 0;
  }
  const stopped = untilStopped();
  let sandbox: Sandbox;
  try {
    sandbox = await start(request.options);
  } catch (error) {
    console.error(`sandbox: cannot start: ${(error as Error).message}`);
    return 1;
  }
  process.stdout.write(request.json ? `${JSON.stringify(sandbox.urls)}\n` : welcome(sandbox));
  await stopped;
  await sandbox.close();
  return 0;
}

/** Loads the service lazily, so that an invalid command line is reported immediately. */
async function start(options: SandboxOptions): Promise<Sandbox> {
  const { warn } = console;
  // Keep library output off stdout, which is for the answer alone.
  console.info = console.log = console.error;
  // oidc-provider warns about Node 20, although it works there.
  console.warn = (text: string) => text.includes("Unsupported runtime") || warn(text);
  const { startSandbox } = await import("./sandbox.ts");
  console.warn = warn;
  return startSandbox(options);
}

/** Resolves on SIGTERM, on SIGINT and when standard input closes. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.stdin.destroy();
      resolve();
    };
    process.once("SIGTERM", stop).once("SIGINT", stop);
    process.stdin.once("end", stop).once("close", stop).once("error", stop).resume();
  });
}

function welcome({ mcpUrl, issuer, storageUrl, cdnUrl, dashboardUrl }: Sandbox): string {
  return `The Imgwire sandbox is running.

  MCP server  ${mcpUrl}
  OAuth       ${issuer}
  store       ${storageUrl}
  CDN         ${cdnUrl}
  dashboard   ${dashboardUrl}

Use it:  IMGWIRE_MCP_URL=${mcpUrl} imgwire login
Stop it: Ctrl-C
`;
}
