import { SETTINGS } from "../../config/definitions.ts";
import { wrapped } from "../ui/wrap.ts";

/** Pages of help that belong to no command. */
export const TOPICS: Readonly<Record<string, (columns: number) => string>> = { settings, formatting };

const JSON_OPTIONS = [
  ["--json", "print the whole answer as JSON"],
  ["--json <a,b>", "print these fields of it, or of each record in it (one field: --json=a)"],
  ["--jq <expression>", "filter it with jq, which has to be installed"],
  ["--template <text>", "print a line for each record: '{{.original_filename}}\\t{{.cdn_url}}'"]
] as const;

const IMAGE_OPTIONS = [
  ["--format <name>", "url, markdown, html, picture, json or csv"],
  ["--alt <text>", "alternative text (default: the file's name)"],
  ["--width <px>", "width of the image; for picture the largest"],
  ["--sizes <value>", "the `sizes` of a picture (default 100vw)"],
  ["--copy", "also copy what is printed to the clipboard"]
] as const;

/** What can be printed instead of a command's usual answer. */
function formatting(columns: number): string {
  return [
    "JSON, for every command:",
    ...optionRows(JSON_OPTIONS, columns),
    "",
    "Images, for upload, url and list:",
    ...optionRows(IMAGE_OPTIONS, columns),
    "",
    wrapped(
      "Without one of these formats, `url` takes --width as the width and --format as the file format that the CDN delivers: imgwire help url",
      columns
    )
  ].join("\n");
}

function optionRows(options: readonly (readonly [string, string])[], columns: number): string[] {
  return options.flatMap(([option, does]) => [`  ${option}`, `      ${wrapped(does, columns, 6)}`]);
}

/** Every setting with its flag and its variable, and the options of every command. */
function settings(columns: number): string {
  const rows = SETTINGS.flatMap(({ flag, value, env, describe }) => {
    const names = [flag && `--${[flag, value].filter(Boolean).join(" ")}`, env].filter(Boolean);
    const oneLine = `  ${names.join(", ")}`;
    return [
      oneLine.length < columns ? oneLine : `  ${names.join(",\n  ")}`,
      `      ${wrapped(describe, columns, 6)}`
    ];
  });
  const lead =
    "Settings, each as a flag or an environment variable. Flags win over variables, then come .imgwire.json, " +
    "your config file and the default. Flags may stand before or after the command.";
  return [
    wrapped(lead, columns),
    "",
    ...rows,
    "",
    "Options of every command:",
    "  -q, --quiet",
    "      print the answer and errors only",
    "  --verbose",
    `      ${wrapped("say what is going on (same as --log-level debug)", columns, 6)}`,
    "  -h, --help",
    "      show help"
  ].join("\n");
}
