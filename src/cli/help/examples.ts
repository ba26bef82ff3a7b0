import { wrapped } from "../ui/wrap.ts";

/** A command line and its description. */
export type Example = readonly [line: string, does: string];

const ROOT: readonly Example[] = [
  ["imgwire setup", "sign in and add Imgwire to your coding agents"],
  ["imgwire upload hero.png", "upload an image and print its CDN URL"],
  ["imgwire publish README.md", "upload a document's images and link to the CDN"]
];

/** The examples at the end of each command's help. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  mcp: [
    ["imgwire mcp", "serve an agent on stdin and stdout"],
    ["imgwire mcp --environment staging", "always use this Environment"],
    ["imgwire mcp --log-level debug --log-file imgwire.log", "write a log"]
  ],
  login: [
    ["imgwire login", "sign in with your browser"],
    ["imgwire login --device", "sign in with a code on another device"],
    ["imgwire login --profile work", "add a second sign-in; the first one stays"],
    ["imgwire login --with-token < token.txt", "store an access token"],
    ["IMGWIRE_TOKEN_STORE=file imgwire login", "sign in where there is no keychain"]
  ],
  logout: [
    ["imgwire logout", "sign out"],
    ["imgwire logout --profile work", "sign out of one profile"],
    ["imgwire logout --all", "sign out of every server and profile"]
  ],
  "profile list": [["imgwire profile list", "list your profiles"]],
  "profile use": [["imgwire profile use work", "use work unless a project says otherwise"]],
  "profile remove": [["imgwire profile remove work", "sign out of work and forget it"]],
  whoami: [
    ["imgwire whoami", "show your account and Environment"],
    ["imgwire whoami --all", "show the account of each profile"],
    ["imgwire whoami --json | jq -r .organization.name", "print one field in a script"]
  ],
  "env list": [["imgwire env list", "list your Environments"]],
  "env use": [
    ["imgwire env use staging", "use staging unless a project says otherwise"],
    ["imgwire env use staging --project", "use staging in this folder and its subfolders"]
  ],
  "roots list": [["imgwire roots list", "list the folders that uploads may always read from"]],
  "roots add": [["imgwire roots add ~/Pictures", "always allow uploads from it"]],
  "roots remove": [["imgwire roots remove ~/Pictures", "ask before uploading from it again"]],
  "env current": [["imgwire env current", "show the current Environment and where it was set"]],
  "env clear": [
    ["imgwire env clear", "remove your choice"],
    ["imgwire env clear --project", "remove this folder's choice"]
  ],
  "config list": [["imgwire config list", "show every setting and where it was set"]],
  "config get": [["imgwire config get logLevel", "print one value"]],
  "config set": [
    ["imgwire config set tokenStore file", "store the sign-in in a file from now on"],
    ["imgwire config set tools list_images upload_image", "offer only these tools to agents"]
  ],
  "config unset": [["imgwire config unset tokenStore", "go back to the default"]],
  "config path": [["imgwire config path", "print where your configuration is"]],
  upload: [
    ["imgwire upload -r images --preset medium", "upload a folder, print medium URLs"],
    ["git diff --name-only | imgwire upload -", "upload what changed in git"]
  ],
  download: [
    ["imgwire download 5f0c… 91ab… --output originals", "save into a folder"],
    ["imgwire download 5f0c… --output - > hero.png", "write one image to stdout"]
  ],
  publish: [
    ["imgwire publish README.md", "upload its images and link to the CDN"],
    ["imgwire publish docs --dry-run", "preview the changes"],
    ["imgwire publish docs --check", "in CI: fail if an image isn't published"]
  ],
  url: [
    ["imgwire url 5f0c… --width 640 --format webp", "choose a size and a format"],
    ["imgwire upload hero.png | imgwire url --preset small", "upload and print the small size"]
  ],
  list: [
    ["imgwire list", "show the newest 20"],
    ["imgwire list --all --json id,cdn_url", "print two fields of every image"],
    ["imgwire list --limit 5 --format markdown", "print Markdown"]
  ],
  show: [["imgwire show 5f0c…", "show its record and URLs"]],
  import: [["imgwire import https://example.com/hero.png", "import it and print its CDN URL"]],
  open: [
    ["imgwire open 5f0c…", "open the image in your browser"],
    ["imgwire open dashboard", "open the dashboard"]
  ],
  "keys create": [["imgwire keys create web", "print a new Client Key"]],
  "keys server": [["imgwire keys server", "print the dashboard link"]],
  metrics: [
    ["imgwire metrics --since 7d --interval daily", "chart the last week"],
    ["imgwire metrics --plain", "print the numbers"]
  ],
  usage: [["imgwire usage", "show usage against your plan's limits"]],
  tools: [
    ["imgwire tools --json | jq -r '.tools[].name'", "print the names only"],
    ["imgwire tools --cost", "show how many tokens each tool costs a model"]
  ],
  call: [
    ["imgwire call list_images", "call a tool without arguments"],
    [`imgwire call list_images --args '{"limit": 5}'`, "call it with arguments"],
    ["imgwire call upload_image --args @arguments.json", "read the arguments from a file (- for stdin)"]
  ],
  setup: [
    ["imgwire setup", "choose what to set up"],
    ["imgwire setup --yes", "set up everything without asking"],
    ["imgwire setup --skip skill", "skip the skill"]
  ],
  install: [
    ["imgwire install", "choose from the agents on this machine"],
    ["imgwire install claude-code codex", "add Imgwire to these two"],
    ["imgwire install vscode --scope project", "write .vscode/mcp.json in this folder"],
    ["imgwire install cursor --dry-run", "preview the change"]
  ],
  uninstall: [["imgwire uninstall codex", "remove Imgwire from Codex"]],
  doctor: [
    ["imgwire doctor", "check everything"],
    ["imgwire doctor --fix", "repair what can be repaired"],
    ["imgwire doctor --report imgwire.md", "save the result for a bug report"]
  ],
  completion: [
    ["source <(imgwire completion bash)", "in ~/.bashrc"],
    ["source <(imgwire completion zsh)", "in ~/.zshrc"],
    ["imgwire completion install", "set it up for your shell"],
    ["imgwire completion fish | source", "in ~/.config/fish/config.fish"]
  ]
};

const GLOBAL = "Global options: imgwire help settings";
const FORMATS = `Formats: imgwire help formatting. ${GLOBAL}`;

/**
 * Formats the end of a command's help.
 * @param name the command without the program's name, such as `env use`
 * @param hasFormats whether it takes the options of `imgwire help formatting`
 */
export function examplesOf(name: string, columns: number, hasFormats: boolean): string {
  const more = hasFormats ? wrapped(FORMATS, columns, 0) : GLOBAL;
  return [...section(EXAMPLES[name] ?? [], columns), "", more].join("\n");
}

/** Formats the end of the program's own help. */
export function rootExamples(columns: number): string {
  return [
    ...section(ROOT, columns),
    "",
    wrapped("Help on a command: imgwire <command> --help", columns, 2, 0),
    GLOBAL
  ].join("\n");
}

function section(examples: readonly Example[], columns: number): readonly string[] {
  return examples.length === 0 ? [] : ["", "Examples:", ...rowsOf(examples, columns)];
}

/** Lays out commands: the description goes next to each, or below it on a narrow terminal. */
export function rowsOf(examples: readonly Example[], columns: number): readonly string[] {
  const width = Math.max(...examples.map(([line]) => line.length));
  const fits = examples.every(([, does]) => 2 + width + 2 + does.length <= columns);
  return examples.map(([line, does]) =>
    fits ? `  ${line.padEnd(width)}  ${does}` : `  ${line}\n      ${wrapped(does, columns, 6)}`
  );
}
