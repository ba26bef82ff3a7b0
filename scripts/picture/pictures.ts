/** A picture of a command's output. */
interface Picture {
  /** The name of its file in docs/pictures, without the extension. */
  name: string;
  title: string;
  /** The commands to type; ID is replaced by the id of the newest image. */
  lines: readonly string[];
  /** Lines to leave out, such as a long sign-in link. */
  leaveOut?: RegExp;
}

/** Lines of a setup to leave out: where to sign in if no browser appears, and where the backups are. */
export const LINKS = /^Opening your browser|^open this link|^ {4}http|^ {4}backup|^ +~\/\.local|\.backup$|^$/;

/** The order matters: each command sees the effects of the previous ones. */
export const PICTURES: readonly Picture[] = [
  {
    name: "setup",
    title: "imgwire setup signs in and adds Imgwire to the agents on this machine",
    lines: ["imgwire setup --yes"],
    leaveOut: LINKS
  },
  {
    name: "upload",
    title: "imgwire upload prints a line for each image, and a summary",
    lines: ["imgwire upload *.jpg *.webp *.avif"]
  },
  {
    name: "list",
    title: "imgwire list shows each image with its thumbnail, size and id",
    lines: ["imgwire list"]
  },
  {
    name: "show",
    title: "imgwire show shows an image and its record",
    lines: ["imgwire show ID"],
    leaveOut: /^(idempotency_key|exif_data|processed|can_upload|is_dir|hash|environment_id|updated|extension)/
  },
  {
    name: "url",
    title: "imgwire url prints a URL with a preset, and Markdown",
    lines: ["imgwire url ID --preset small", "imgwire url ID --format markdown --alt Sunset"]
  },
  {
    name: "publish",
    title: "imgwire publish moves a document's images to the CDN",
    lines: ["imgwire publish README.md", "cat README.md", "imgwire publish README.md --check"]
  },
  {
    name: "env",
    title: "imgwire env lists the Environments and selects one",
    lines: ["imgwire env list", "imgwire env use staging", "imgwire env current", "imgwire env clear"]
  },
  {
    name: "metrics",
    title: "imgwire metrics draws requests, transfer and cache hits over time",
    lines: ["imgwire metrics --since 7d --interval daily"]
  },
  {
    name: "usage",
    title: "imgwire usage shows what is used of the plan's limits",
    lines: ["imgwire usage"]
  },
  {
    name: "whoami",
    title: "imgwire whoami shows the account, the Environment and where the sign-in is stored",
    lines: ["imgwire whoami", "imgwire profile list"]
  },
  {
    name: "install",
    title: "imgwire install --list shows the agents that have Imgwire",
    lines: ["imgwire install --list"]
  },
  {
    name: "doctor",
    title: "imgwire doctor checks everything and says what to type",
    lines: ["imgwire doctor"],
    // Lines that appear only because the service runs on the same machine.
    leaveOut: /(DNS|Certificates|OAuth discovery)$|127\.0\.0\.1|plain http on this|\.crt is|^ +or a code\.$/
  }
];
