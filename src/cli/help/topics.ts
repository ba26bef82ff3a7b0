import { SETTINGS } from "../../config/definitions.ts";
import { wrapped } from "../ui/wrap.ts";

/** Help pages that don't belong to a command. */
export const TOPICS: Readonly<Record<string, (columns: number) => string>> = { settings, formatting };

const JSON_OPTIONS = [
  ["--json", "print the whole answer as JSON"],
  ["--json <a,b>", "print only these fields of the answer, or of each record in it (one field: --json=a)"],
  ["--jq <expression>", "filter the JSON with jq, which must be installed"],
  [
    "--template <text>",
    "print a line for each record, like '{{.original_filename}}\\t{{.cdn_url}}', or format the whole answer with {{range .images}}…{{end}}"
  ]
] as const;

const IMAGE_OPTIONS = [
  ["--format <name>", "url, markdown, html, picture, json or csv"],
  ["--alt <text>", "alternative text (default: the file's name)"],
  ["--width <px>", "width of the image; for picture, the largest width"],
  ["--sizes <value>", "`sizes` attribute of a picture (default 100vw)"],
  ["--copy", "also copy the output to the clipboard"]
] as const;

/** Formats the page about output formats. */
function formatting(columns: number): string {
  return [
    "JSON, for every command except mcp:",
    ...optionRows(JSON_OPTIONS, columns),
    "",
    "Images, for upload, url and list:",
    ...optionRows(IMAGE_OPTIONS, columns),
    "",
    wrapped(
      "In `url`, any other --format sets the file format that the CDN delivers, and --width sets the image's width: imgwire help url",
      columns
    )
  ].join("\n");
}

function optionRows(options: readonly (readonly [string, string])[], columns: number): string[] {
  return options.flatMap(([option, does]) => [`  ${option}`, `      ${wrapped(does, columns, 6)}`]);
}

/** Formats the page about all settings, with their flags and variables, and the options of every command. */
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
    "Most settings have a flag and an environment variable. In order of precedence: flag, environment variable, " +
    ".imgwire.json, your config file, default. Flags may come before or after the command.";
  return [
    wrapped(lead, columns),
    "",
    ...rows,
    "",
    "Options of every command:",
    "  -q, --quiet",
    "      print the answer and errors only",
    "  --verbose",
    `      ${wrapped("print debug messages (same as --log-level debug)", columns, 6)}`,
    "  -h, --help",
    "      show help"
  ].join("\n");
}
