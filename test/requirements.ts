/**
 * What the program promises, as data: one list per room. A test that covers a promise cites its id in square
 * brackets at the end of its title: `it("refuses a text named .png [transfer.type-proved]", …)`.
 * `test/requirements.test.ts` fails if no test cites a promise, or if a cited id is not listed here.
 */
type Promises = readonly (readonly [id: string, promise: string])[];

// prettier-ignore
/** What `install` and `uninstall` do to other programs' files. */
const AGENTS: Promises = [
  ["agents.broken-file-hint", "If a file can't be edited, the message names the file and line, and the command that prints what to paste."],
  ["agents.edits-exact", "In every format, adding and removing the entry changes no other value or byte; an invalid file is refused with its line and column."],
  ["agents.links-of-projects-refused", "Nothing is written outside a project through a link in the project; the user's own links are followed."],
  ["agents.nesting-is-refused", "A configuration nested deeper than any real one is refused with its line and column."],
  ["agents.skill-exact", "Uninstalling removes exactly the skill files that were installed; files that the user has changed are neither overwritten nor removed."],
  ["agents.uninstall-after-others-wrote", "`uninstall` removes only its own entry, even if the agent has changed the file since the installation."],
];

// prettier-ignore
/** Signing in. */
const AUTH: Promises = [
  ["auth.abandoned-browser-sign-in-becomes-code", "If the process that started a browser sign-in has ended, the next one offers a code; the old link still works."],
  ["auth.access-token-cleaned", "IMGWIRE_ACCESS_TOKEN is trimmed, and a leading `Bearer` removed; a value that can't be a token is refused with the variable's name."],
  ["auth.browser-environment", "A browser is started without the secrets in this program's environment."],
  ["auth.browser-fails-link-shown", "If the browser can't be started, the link is still shown."],
  ["auth.callback-connections-bounded", "The callback listener closes its oldest idle connections, so that it always answers the genuine callback."],
  ["auth.callback-genuine", "Only one callback counts: the genuine one of this sign-in. All others are refused and have no effect."],
  ["auth.callback-port", "If IMGWIRE_CALLBACK_PORT is set, the redirect URI uses that port and no other."],
  ["auth.challenge-used-once", "A challenge applies only to the sign-in that it caused."],
  ["auth.code-redeemed-once", "An authorization code is redeemed once, and then the callback listener closes."],
  ["auth.credential-files", "Token files with loose permissions are tightened, links are refused, and a damaged index is set aside."],
  ["auth.device-code-ends", "A declined or expired device sign-in fails with a clear message."],
  ["auth.device-code-is-secret", "A device code is stored only in the credential store."],
  ["auth.device-polling-paced", "A device code is polled no more often than the server allows, however many processes wait for it."],
  ["auth.forgotten-client", "If the server has forgotten the client, `login` notices before it opens a browser and registers again; no logout is needed."],
  ["auth.interrupted-page", "If the program exits while the browser is returning from a sign-in, the page says that the sign-in was interrupted."],
  ["auth.issuer-checked", "A callback from a different issuer is ignored, and its code is never redeemed."],
  ["auth.joined-sign-in-survives", "If several processes wait for one sign-in, any of them can exit or be killed without ending it for the others."],
  ["auth.joined-told-why", "If a shared sign-in fails, every process that waits for it gets the reason."],
  ["auth.keychain-faults-told", "A keychain that is locked or hangs is reported as an error, never as being signed out."],
  ["auth.lifetimes", "A nonsensical token lifetime or a wrong clock causes one refresh at most."],
  ["auth.links-checked", "Only trusted links are opened or shown."],
  ["auth.login-opens-joined", "If an agent has started a sign-in but couldn't open the browser, `imgwire login` opens its link."],
  ["auth.metadata-checked", "If the metadata belongs to another server or lacks PKCE, the sign-in fails before a browser opens."],
  ["auth.metadata-document", "If the server supports client metadata documents, one is used instead of registration; if none is set, the error names the setting."],
  ["auth.metadata-redirect-within-origin", "Redirects of metadata requests are followed only within the same origin."],
  ["auth.metadata-with-query", "The endpoint's query is kept in the URL of its metadata."],
  ["auth.missing-scopes-requested", "`login` requests the scopes already granted plus any that calls have needed since."],
  ["auth.new-issuer-sees-nothing", "A new authorization server receives no tokens or client ids of the old one."],
  ["auth.no-redirects", "No request follows a redirect to another origin."],
  ["auth.no-secret-shown", "No token, code or secret appears in any output, log or file except the credential store."],
  ["auth.nonce", "With the `openid` scope a nonce is sent, and an ID token without that nonce is refused."],
  ["auth.null-is-absent", "A member of metadata, a registration or a token response counts as absent if it is null, empty or of the wrong type."],
  ["auth.page-names-agent", "The page that ends a sign-in names the agent to return to."],
  ["auth.pending-sign-in-outlives-its-process", "A link or code works until it expires, even after the process that issued it has exited."],
  ["auth.private-addresses", "A public server can't direct requests to this machine or its network."],
  ["auth.profile-chosen", "The profile comes from the flag, the variable, the project file or the user's choice, in that order."],
  ["auth.profiles-apart", "Profiles are isolated: a call never uses another profile's account, and signing out of one leaves the others signed in."],
  ["auth.refusals-bounded", "A server that refuses every token causes only a few refreshes and sign-ins."],
  ["auth.refused-code-words", "A failed first sign-in is explained in plain words, and the exit code fits the failure."],
  ["auth.refused-refresh-leads-to-sign-in", "If the token endpoint refuses a refresh token with any 4xx status, a sign-in is needed; the tokens stay until it succeeds."],
  ["auth.registration-falls-back", "If a registration is refused, it is retried with only what a browser sign-in needs."],
  ["auth.registration-kept", "A registration and its port are reused; if the port is taken, the program registers again."],
  ["auth.renewed-once", "A rotating refresh token is redeemed once per machine, even if a process is killed during the refresh."],
  ["auth.revocation-told", "`logout` reports whether the server revoked the sign-in, for any kind of token."],
  ["auth.several-issuers", "Several authorization servers are tried in turn; `login --issuer` selects one."],
  ["auth.token-endpoint-fails", "If the token endpoint fails or hangs, only the call fails; the user stays signed in."],
  ["auth.token-from-stdin", "`login --with-token` stores a token from stdin unless the server refuses it."],
  ["auth.unsupported-named", "If the server requires something unsupported, the error names it before a browser opens."],
  ["auth.unusable-token-refused", "A token that can't be sent in a header is not stored."],
];

// prettier-ignore
/** The command line. */
const CLI: Promises = [
  ["cli.accessible", "With IMGWIRE_ACCESSIBLE, questions are numbered lists and nothing on the screen is redrawn."],
  ["cli.charts-true", "A chart draws every number to scale, exact to an eighth of a line, at any width."],
  ["cli.closed-pipe", "If the reader of a pipe closes it early, the command ends without an error."],
  ["cli.completion-powershell", "Completion works in PowerShell, and a name from Imgwire can't run anything."],
  ["cli.completion-start-up", "The line that sets up completion works in a bare shell, and prints nothing once imgwire has been removed."],
  ["cli.copy", "Output can be copied to the clipboard; without a clipboard, the command says so."],
  ["cli.destination-checked", "`doctor` reports an agent's entry whose server doesn't answer or that isn't signed in."],
  ["cli.diff-coloured", "Diffs have git's colours on a terminal, and none elsewhere."],
  ["cli.doctor-fix", "`doctor --fix` makes safe repairs and asks about the others; if it can't ask, it leaves those alone."],
  ["cli.doctor-old-version", "`doctor` names agents whose entry runs an older version."],
  ["cli.ends-by-signal", "Ctrl-C ends the process by its signal, so that a shell loop stops too."],
  ["cli.entry-started-as-agents-do", "`doctor` starts an entry as agents do, including Windows batch files, and stops every process that the entry started."],
  ["cli.environment-unknown", "A selected Environment that the account doesn't have is marked as unknown, and the message lists the existing ones."],
  ["cli.failure-told-once", "A failure of the whole command is reported once, in plain words."],
  ["cli.fields-first", "`upload` refuses unknown output fields before anything is sent."],
  ["cli.fits-terminal", "Columns fit terminals that are 40, 80 or 200 columns wide."],
  ["cli.help-stream", "Requested help goes to stdout; help for a missing command goes to stderr, with exit code 2."],
  ["cli.interrupted-clean", "An interrupted command says so, leaves the cursor visible and ends by the signal."],
  ["cli.metrics-formats", "The metrics are available as a table, CSV or JSON, with the same numbers."],
  ["cli.missing-script", "If an agent's entry starts a file that no longer exists, `doctor` names that file."],
  ["cli.name-owner", "If the name imgwire belongs to a different program, `doctor` says which one."],
  ["cli.plain-where-asked", "NO_COLOR turns colours off; a dumb terminal or a pipe gets no escape sequences at all."],
  ["cli.preview", "A terminal that can show images gets a preview; without a viewer, nothing is shown and the terminal isn't queried."],
  ["cli.project-entry-not-started", "`doctor` starts an entry from a project's files only on request, and then without its variables."],
  ["cli.roots", "One command lists, adds and removes the folders that uploads may always read from."],
  ["cli.round-trips", "A command doesn't request what an earlier one learned and is still valid, and opens no notification stream."],
  ["cli.setup", "`setup` signs in, selects an Environment and installs; any step can be skipped, and --yes asks nothing."],
  ["cli.sign-in-in-ci", "A CI job that isn't signed in is told to set a token."],
  ["cli.start-up-file-kept", "Setting up completion never overwrites a start-up file that it can't read."],
  ["cli.templates", "Templates work like Go's; unknown syntax or fields are refused."],
  ["cli.tools-cost", "`tools` shows what the tool list costs a model, and the share of each tool."],
  ["cli.update-notice", "A newer version is announced only on a terminal, at most once a day, and checking for it delays no command."],
  ["cli.url-snippets", "`url` prints Markdown, HTML and picture elements with the image's name and size; the CDN's formats still work."],
  ["cli.wide-characters", "Columns align with wide letters and emoji, and no name is cut within a character."],
  ["cli.wrong-operands", "The error for an invalid operand says what would be valid."],
];

// prettier-ignore
/** Settings, the project file, Environments. */
const CONFIG: Promises = [
  ["config.command", "Every setting except secrets can be listed with its source, saved and removed; unknown settings are refused by name."],
  ["config.file", "A configuration file that is corrupt, from a newer version or read-only is set aside or refused; nothing in it is lost."],
  ["config.order", "A setting comes from the flag, the variable, the project file, the user's file or the default, in that order."],
  ["config.own-folders", "Other users can't write to the program's folders; folders that belong to another user are refused."],
  ["config.project-chooses-little", "A project file can only choose an Environment and a profile, and set options for publishing."],
  ["config.project-file-named", "`doctor` names the project file in use."],
  ["config.project-search", "The search for a project file stops at the repository's root, at the home folder, and before folders that others can write to."],
  ["config.reread", "A running server rereads changed configuration after a second."],
  ["config.unreadable-choice", "If a file that may select the Environment can't be read, calls fail and name the file."],
  ["config.values", "An invalid value of a setting is refused with the place where it is set."],
];

// prettier-ignore
/** Where tokens are stored. */
const CREDENTIALS: Promises = [
  ["credentials.slow-machine", "The keychain's time limit starts when it is asked, so a slow process start isn't mistaken for a hanging keychain."],
  ["credentials.whole", "A reader that runs next to a writer gets the old secret or the new one, whole; parts left by a killed writer are removed."],
  ["credentials.windows-limit", "No keychain item exceeds the limit of the Windows Credential Manager, and a split secret is read back unchanged."],
];

// prettier-ignore
/** `publish`. */
const DOCUMENTS: Promises = [
  ["documents.action", "The GitHub Action checks and publishes documents, and never executes its inputs."],
  ["documents.annotations", "On GitHub, a failed check annotates the line that it is about."],
  ["documents.dialects", "Obsidian, Hugo, Jekyll, MyST, front matter, CSS and notebooks can be published and restored."],
  ["documents.dry-run-empty", "A dry run says so if there is nothing to change."],
  ["documents.equal-files-diverge", "References to identical files each follow their own file once the files differ."],
  ["documents.expressions", "An expression in place of a URL is left alone and counted as unresolved."],
  ["documents.git", "Git merges the lock file with this program, and a hook checks documents before each commit."],
  ["documents.html-links", "Images that HTML links to are published on request, and kept up to date from then on."],
  ["documents.ignored", "Files that git ignores, packages and virtual environments are skipped unless they are named explicitly."],
  ["documents.in-parts", "Reading a long document in parts finds the same references as reading it whole."],
  ["documents.large", "A page can have any number of elements, and one bad document doesn't stop the others."],
  ["documents.links", "A document or folder behind a link that leads out of the project is refused, and the message says where the link leads."],
  ["documents.lock-link", "The lock file is never written through a symbolic link that leads out of the project."],
  ["documents.lock-merges", "The lock files of two branches can be merged, even from a file with conflict markers."],
  ["documents.lock-written-rarely", "The lock file is written only a few times however many images are new, and not at all if none are."],
  ["documents.mdx", "MDX can be published and restored; references that only a build can resolve are left alone and reported."],
  ["documents.no-such-document", "The message for a missing document says that it doesn't exist."],
  ["documents.project-section", "`publish` in the project file sets options, and can't lead out of the project."],
  ["documents.read-door", "A document, ignore file or lock file is read only if it is a regular file of limited size; a bad document doesn't stop the others."],
  ["documents.read-only", "A read-only document is left unchanged."],
  ["documents.specifications", "In the examples of CommonMark, GFM and srcset, exactly the images that the specifications name are found."],
  ["documents.srcset", "HTML and MDX can offer images in several widths; later runs keep them, other flags change them, and `undo` removes them."],
  ["documents.undo", "`undo` restores every reference as it was written, byte for byte."],
  ["documents.unknown-urls", "A delivery URL missing from the lock file is reported and fails a check."],
];

// prettier-ignore
/** Communication with agents and with Imgwire. */
const MCP: Promises = [
  ["mcp.agent-floods", "However much an agent sends, and however little it reads, memory stays within 150 MB above idle and each request is answered once."],
  ["mcp.agent-lines", "Invalid input from an agent gets a JSON-RPC error or a failed call, and the next request works."],
  ["mcp.apps-accessible", "The pages of MCP Apps work with keyboard and screen reader, in both themes, at widths from 320 to 1,200 pixels."],
  ["mcp.apps-call-tools", "The controls of a page call this server's tools through the host."],
  ["mcp.apps-contained", "A page can contact only the CDN, because of both the host's policy and its own."],
  ["mcp.apps-content-is-data", "Names, URLs and results of any shape are shown as text; only web addresses become links and images."],
  ["mcp.apps-for-declared-clients", "Pages and their tools are offered only to clients that declare MCP Apps; --no-apps turns them off."],
  ["mcp.apps-transforms", "The image page builds the URL of the selected transforms, shows the result, and copies the URL."],
  ["mcp.apps-upload", "Selected or dropped files are uploaded through the host, without a path; only images of at most 10 MB are accepted."],
  ["mcp.arguments-described", "Every argument of a local tool has a description, and the path of a local file comes first."],
  ["mcp.bounded-memory", "Whatever streams, bodies or batches a server sends, memory stays within 150 MB above idle."],
  ["mcp.cancelled-not-sent", "A call that is cancelled before it is sent is never sent."],
  ["mcp.captive-portal", "If a web page arrives instead of an MCP response, the error says so and what to do."],
  ["mcp.content-coding", "A compressed response is decoded even if compression wasn't requested; one that can't be decoded fails the call."],
  ["mcp.cut-call-not-repeated", "A call that may have run is never repeated, and the agent is told so; reads are repeated."],
  ["mcp.ends", "The program exits within two seconds of a signal or of stdin or stdout closing, and ends its session."],
  ["mcp.era-changes", "If a server is replaced by one of the other era, the program continues without a restart."],
  ["mcp.era-members", "A legacy agent never gets members that exist only in the modern era."],
  ["mcp.exact-ids", "Request ids are passed on exactly as written, however many digits they have."],
  ["mcp.idle-deadline", "A call fails when it receives nothing for the idle timeout; time asleep and open input requests don't count."],
  ["mcp.instructions", "The instructions explain local files, Environments and URLs, and mention only tools that are offered."],
  ["mcp.last-line", "The last line of the input is read even without a line break."],
  ["mcp.list-affordable", "The tool list costs a model at most 6,000 tokens."],
  ["mcp.list-ends", "An endless tool list is read until a cursor repeats or 100 cursors have been followed; the tools read so far are listed."],
  ["mcp.local-annotations", "The annotations of local tools come from this program, never from a server."],
  ["mcp.no-foreign-tools", "A server that has answered is listed with its own tools only; Imgwire's are never shown in their place."],
  ["mcp.null-members", "A null member of a message counts as absent."],
  ["mcp.one-answer", "Every request of the agent is answered exactly once, whatever ids the server uses."],
  ["mcp.opening", "An opening `initialize` is answered once, however it is split into reads, and the requests after it are answered too."],
  ["mcp.preview", "A preview is one small image, included only on request and never in structured content."],
  ["mcp.progress-readable", "Progress is reported in whole numbers and plain words."],
  ["mcp.prompts", "This program's prompts are listed with Imgwire's in both eras, signed in or not, and their path arguments complete."],
  ["mcp.reason-passed", "The agent sees the server's reason for refusing a request; a refusal of one era makes the program try the other."],
  ["mcp.reconnect-paced", "A stream reconnects at most once a second, whatever the server requests."],
  ["mcp.redirects-not-followed", "A redirect by the server is not followed, and nothing is sent to its target."],
  ["mcp.refused-token", "A refused token is refreshed once and the call retried once; then the call fails."],
  ["mcp.result-bounded", "The result of a large upload takes at most 20 KB and counts every file."],
  ["mcp.result-members", "A tool result is used or refused with a clear error, even if a member is null, missing, empty or of the wrong type."],
  ["mcp.result-ready-to-use", "The result of an upload contains the CDN URL, and Markdown and HTML to paste."],
  ["mcp.results-fit-schemas", "The results of local tools match their output schemas."],
  ["mcp.retry-after", "A short Retry-After is waited for; a long one is reported to the agent."],
  ["mcp.round-limit", "A call fails if its server still requests input after ten rounds."],
  ["mcp.safe-links", "A link from the server reaches the user only if it uses https, or if a loopback server links to itself."],
  ["mcp.session-cookies", "Cookies set by the endpoint are kept for the lifetime of the session."],
  ["mcp.session-reopened", "If the server has forgotten the session, it is reopened once, with the agent's subscriptions."],
  ["mcp.sign-in-link-at-once", "An agent that doesn't request progress gets the sign-in link immediately."],
  ["mcp.skills-served", "This program's skill is listed with the hosted server's, with correct digests, and hosted text can't take its place."],
  ["mcp.stdout-json-rpc", "Stdout contains only JSON-RPC messages, one per line."],
  ["mcp.stream-resumed", "A cut stream resumes after its last event id, in the session that it started in."],
  ["mcp.tool-members", "A hosted tool with an invalid member is listed or left out, and the other tools are still listed."],
  ["mcp.tool-selection", "Tools that are not selected are neither listed nor called."],
  ["mcp.tools-admitted", "Hosted tools are listed only with a usable name, size and schema, at most a thousand of them, with control characters removed."],
  ["mcp.unreadable-choice-fails", "If the file that selects the Environment can't be read, the call fails and names the file."],
];

// prettier-ignore
/** The package and how it is built. */
const RELEASE: Promises = [
  ["release.budgets", "The files loaded, published and installed stay within their size budgets."],
  ["release.buttons", "Each one-click link installs what the installer would write."],
  ["release.demo-usage", "The demo rejects wrong usage in one line, without a stack trace."],
  ["release.generated", "The committed documents and manifests match what their generators produce."],
  ["release.manual", "The manual pages are valid and cover every command."],
  ["release.no-foreign-helpers", "The published code contains no helpers of a second compiler."],
  ["release.notes", "The release notes are the changelog's section for the version, which must exist."],
  ["release.old-node", "On Node versions below 20, both programs say so in one line and exit with code 1."],
  ["release.registry-entry", "The entry for the MCP registry follows the registry's rules."],
  ["release.reproducible", "Two builds from clean checkouts in different folders produce the same tarball."],
  ["release.sbom", "The bill of materials lists exactly the packages that are bundled and installed."],
  ["release.skill-examples", "Every example in the skill works on the sandbox, and SKILL.md stays below 5,000 tokens."],
  ["release.workflows", "The workflow files are valid, pin their actions to commits and get no permissions that they don't request."],
];

// prettier-ignore
/** Reading and writing files on this machine. */
const SYSTEM: Promises = [
  ["system.foreign-files", "If a file to be read is really a FIFO, device or link, or is huge or deeply nested, it is refused or treated as missing, without blocking."],
  ["system.foreign-members", "If a member of a file is null, missing, empty or of the wrong type, the file is still read, or refused with a clear error."],
  ["system.informational", "Unsolicited informational responses are skipped and cause no request to be sent again."],
  ["system.inside", "Whether a path is inside a folder is decided by its segments, not by its text."],
  ["system.killed-writes", "A process killed while writing leaves the old file or the new one; its temporary files are cleaned up."],
  ["system.limits-exact", "Each limit accepts exactly its value and not one more."],
  ["system.links", "The user's own links are followed, but a link in a project never takes a write out of the project."],
  ["system.lock", "A lock that is stale, foreign or can't be removed is recognised, and the process never waits for a lock that it has released."],
  ["system.lock-queue", "Waiting for a lock times out if one holder keeps it too long, but not because the queue is long."],
  ["system.log-file", "The log is written only to a regular file, never through a link or into a pipe."],
  ["system.mode-kept", "Replacing a file keeps its mode and owner; only the user can access a new one."],
  ["system.only-files-replaced", "A device, pipe or folder is never replaced by a file, even behind a link."],
  ["system.read-door", "Only regular files of limited size and depth are read, and reading never blocks."],
  ["system.read-retried", "If another program briefly holds a file, reading is retried."],
  ["system.redaction", "Secrets are redacted from output, however they are escaped, in linear time."],
  ["system.rename-retried", "If another program briefly blocks a rename, it is retried for a second."],
  ["system.replaced-program", "If an update has removed part of the running program, the answer that needs that part says so."],
  ["system.v4-in-v6", "An IPv4 address is as private when it is written as an IPv6 address."],
  ["system.whole-writes", "A write either completes or leaves the old file, wherever it is interrupted."],
  ["system.write-errors", "If a write is refused, the error names the file, the reason and what to do."],
];

// prettier-ignore
/** Uploads and downloads. */
const TRANSFER: Promises = [
  ["transfer.archive-bounded", "Every entry of an archive counts towards its limit, including folders."],
  ["transfer.batch-stops", "A batch stops at the first error that would affect every file."],
  ["transfer.disk", "A download to a disk that is full or read-only says so immediately."],
  ["transfer.dry-run", "A dry run shows what would be uploaded, and requests and sends nothing."],
  ["transfer.lfs-pointer-named", "A Git LFS pointer is recognised and named as such."],
  ["transfer.metadata-stripped", "With strip-metadata, no location, serial number or personal name is uploaded, and no pixel changes."],
  ["transfer.no-credentials", "A presigned URL gets none of our tokens, and redirects are not followed."],
  ["transfer.opened-descriptor", "The file that is read is the one that was approved: unchanged, with a single name, and not a pipe, device or folder."],
  ["transfer.paced", "After a 429, all workers slow down and space out their requests, for up to a minute."],
  ["transfer.position-told", "Unless metadata is stripped, images that contain a location are reported."],
  ["transfer.quiet", "However many uploads run at once, the Node.js runtime writes no warning to stderr."],
  ["transfer.refusal-told", "If the system refuses to open a file, for example because another program holds it, the error gives the reason."],
  ["transfer.signed-headers", "A signature can't make the program send headers that the storage must not receive."],
  ["transfer.skip-existing", "`download --skip-existing` leaves existing files unchanged and saves the rest."],
  ["transfer.type-proved", "A file is uploaded only if its structure proves that it is one of the ten supported types."],
  ["transfer.unchanged-not-asked", "The service isn't asked about files of a folder that haven't changed since their upload."],
  ["transfer.unchanged-not-read", "A file that hasn't changed since its inspection isn't read again; one that may have changed is."],
  ["transfer.unsupported-named", "An unsupported type, such as SVG, is refused by name."],
  ["transfer.upload-roots", "Files are read only from the upload roots or with the user's permission, and never from a folder whose name begins with a dot."],
  ["transfer.visible-names", "A file from an archive never gets a name that begins with a dot."],
  ["transfer.windows-globs", "On Windows, glob patterns match with backslashes and with slashes."],
];

/** All promises, in the order of the lists. */
export const PROMISES: Promises = [
  ...[AGENTS, AUTH, CLI, CONFIG, CREDENTIALS, DOCUMENTS, MCP, RELEASE, SYSTEM, TRANSFER].flat()
];

export const REQUIREMENTS: Readonly<Record<string, string>> = Object.fromEntries(PROMISES);
