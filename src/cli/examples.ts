/** A command line, and what it is good for. */
type Example = readonly [line: string, does: string];

/** What the help texts show at their end, by command. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  mcp: [
    ["imgwire mcp", "serve an agent on stdin and stdout"],
    ["imgwire mcp --environment staging", "in this Environment, whatever is chosen elsewhere"],
    ["imgwire mcp --log-level debug --log-file imgwire.log", "write down what happens"]
  ],
  login: [
    ["imgwire login", "in the browser of this machine"],
    ["imgwire login --device", "by a code, from any other device"],
    ["IMGWIRE_TOKEN_STORE=file imgwire login", "where there is no keychain"]
  ],
  logout: [
    ["imgwire logout", "of the service in force"],
    ["imgwire logout --all", "of every service"]
  ],
  whoami: [
    ["imgwire whoami", "user, organization, Environment"],
    ["imgwire whoami --json | jq -r .organization.name", "for a script"]
  ],
  "env list": [["imgwire env list", "the one in force is marked"]],
  "env use": [
    ["imgwire env use staging", "for you, wherever nothing else is chosen"],
    ["imgwire env use staging --project", "for this folder and those below it"]
  ],
  "env current": [["imgwire env current", "which one, and who says so"]],
  "env clear": [
    ["imgwire env clear", "your choice"],
    ["imgwire env clear --project", "this folder's"]
  ],
  upload: [
    ["imgwire upload hero.png", "print its CDN URL"],
    ["imgwire upload 'shots/*.png' --preset medium", "print URLs of a smaller size"],
    ["imgwire upload site/images -r --metadata project=web", "a folder, at all depths"],
    ["git diff --name-only -- '*.png' | imgwire upload -", "what a command lists"]
  ],
  download: [
    ["imgwire download 5f0c… 91ab… --output originals", "into a folder"],
    ["imgwire download 5f0c… --output - > hero.png", "one image, to stdout"]
  ],
  publish: [
    ["imgwire publish README.md", "upload its images and point it at the CDN"],
    ["imgwire publish docs --dry-run", "show what would change"],
    ["imgwire publish docs --check", "in CI: fail when an image is not published"]
  ],
  url: [
    ["imgwire url 5f0c… --width 640 --format webp", "a size and a format of your own"],
    ["imgwire upload hero.png | imgwire url --preset small", "upload, and print the small one"]
  ],
  tools: [["imgwire tools --json | jq -r '.tools[].name'", "only the names"]],
  call: [
    ["imgwire call list_images", "without arguments"],
    [`imgwire call list_images --args '{"limit": 5}'`, "with some"],
    ["imgwire call upload_image --args @arguments.json", "from a file; - is stdin"]
  ],
  install: [
    ["imgwire install", "ask which agents"],
    ["imgwire install claude-code codex", "for you, in these two"],
    ["imgwire install vscode --scope project", "into .vscode/mcp.json of this folder"],
    ["imgwire install cursor --dry-run", "show what would change"]
  ],
  uninstall: [["imgwire uninstall codex", "take the entry out again"]],
  doctor: [
    ["imgwire doctor", "what works, what does not, what to type"],
    ["imgwire doctor --report imgwire.md", "and a report to attach to an issue"]
  ],
  completion: [
    ["source <(imgwire completion bash)", "in ~/.bashrc"],
    ["source <(imgwire completion zsh)", "in ~/.zshrc, after compinit"],
    ["imgwire completion fish | source", "in ~/.config/fish/config.fish"]
  ]
};

/**
 * The end of a command's help text.
 * @param name the command without the program, as in `env use`
 * @returns nothing for a command without examples
 */
export function examplesOf(name: string): string {
  const examples = EXAMPLES[name] ?? [];
  if (examples.length === 0) return "";
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`);
  return `\nExamples:\n${lines.join("\n")}`;
}
