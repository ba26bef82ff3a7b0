import { SETTINGS } from "../../config/definitions.ts";

/** Pages of help that belong to no command. */
export const TOPICS: Readonly<Record<string, () => string>> = { settings, formatting };

/** What can be printed instead of a command's usual answer. */
function formatting(): string {
  return [
    "JSON, for every command:",
    "  --json                 the whole answer",
    "  --json <a,b>           these fields of it, or of each record in it (one field: --json=a)",
    "  --jq <expression>      filter it with jq, which has to be installed",
    "  --template <text>      a line for each record: '{{.original_filename}}\\t{{.cdn_url}}'",
    "",
    "Images, for upload and list:",
    "  --format <name>        url, markdown, html, picture, json or csv",
    "  --alt <text>           alternative text (default: the file's name)",
    "  --width <px>           width of the image; for picture the largest",
    "  --sizes <value>        the `sizes` of a picture (default 100vw)"
  ].join("\n");
}

/** Every setting with its flag and its variable, and the options of every command. */
function settings(): string {
  const rows = SETTINGS.map(({ env, flag, value, describe }) => [
    flag ? `--${[flag, value].filter(Boolean).join(" ")}` : "",
    env ?? "",
    describe
  ]);
  const width = Math.max(...rows.map(([flag = ""]) => flag.length));
  const lines = rows.flatMap(([flag = "", env = "", describe = ""]) => [
    `  ${flag.padEnd(width)}  ${env}`.trimEnd(),
    `  ${" ".repeat(width)}    ${describe}`
  ]);
  return [
    "Settings, each as a flag or an environment variable. Flags win over variables, then come .imgwire.json,",
    "your config file and the default. Flags may stand before or after the command.",
    "",
    ...lines,
    "",
    "Options of every command:",
    "  -q, --quiet  print the answer and errors only",
    "  --verbose    say what is going on (same as --log-level debug)",
    "  -h, --help   show help"
  ].join("\n");
}
