import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Invocation, Register } from "../../command.ts";

/** The path suffixes that the CDN knows. */
export const PRESETS = ["thumbnail", "small", "medium", "large"];

/** Transforms with a flag of their own: name in the hosted tool, placeholder, description. */
const TRANSFORMS: readonly (readonly [string, string, string])[] = [
  ["width", "<px>", "1 to 8192"],
  ["height", "<px>", "1 to 8192"],
  ["format", "<name>", "auto, jpg, png, webp, avif, gif or tiff"],
  ["quality", "<n>", "1 to 100, or auto"],
  ["resizing_type", "<kind>", "cover, contain, fill, inside or outside"],
  ["dpr", "<n>", "device pixel ratio"],
  ["gravity", "<where>", "what to keep when cropping to a size"],
  ["crop", "<area>", "part of the image to take"],
  ["blur", "<n>", "blur"],
  ["rotate", "<degrees>", "turn clockwise"]
];

interface UrlOptions extends Record<string, string | Record<string, string> | undefined> {
  set?: Record<string, string>;
}

/** `imgwire url`. */
export const registerUrl: Register = (program, run) => {
  const command = program
    .command("url")
    .description("print the CDN URL of images, with a preset or transforms")
    .argument(
      "[image-id...]",
      "ids or CDN URLs; without any, what is piped in, such as the output of `imgwire upload`"
    )
    .addOption(new Option("--preset <name>", "one of the CDN's own sizes").choices(PRESETS));
  for (const [name, value, text] of TRANSFORMS)
    command.option(`--${name.replaceAll("_", "-")} ${value}`, text);
  command
    .addOption(
      new Option("--set <name=value>", "any other transform of the service (repeatable)").argParser(pair)
    )
    .action(run(printUrls));
};

async function printUrls(invocation: Invocation, options: UrlOptions, written: string[]): Promise<void> {
  const [{ imageIds }, { hostedContext }, { deliveryUrl }, { plain }] = await Promise.all([
    import("../../image-ids.ts"),
    import("../../hosted-context.ts"),
    import("../../delivery-url.ts"),
    import("../../ui/output.ts")
  ]);
  const ids = await imageIds(written, invocation.deps.io);
  const transforms = transformsIn(options);
  const context = await hostedContext(invocation);
  const urls = await Promise.all(
    ids.map(async (id) => ({ image_id: id, url: await deliveryUrl(context, id, transforms) }))
  );
  invocation.out.answer({ urls }, () => urls.map(({ url }) => plain(url)).join("\n"));
}

function transformsIn(options: UrlOptions): Record<string, string> {
  const named = ["preset", ...TRANSFORMS.map(([name]) => name)].flatMap((name) => {
    const value = options[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { ...options.set, ...Object.fromEntries(named) };
}

function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--set takes name=value, not "${text}".`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
