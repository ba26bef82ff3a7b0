/**
 * What the program promises, as data. A test cites the promise it keeps by the id in square brackets at the end of its
 * title: `it("refuses a text named .png [files.type-proved]", …)`. `test/requirements.test.ts` fails for a promise that no
 * test cites and for an id that is not listed here. Sections are rooms; ids are sorted within them.
 */
export const REQUIREMENTS: Readonly<Record<string, string>> = {
  // agents: what `install` and `uninstall` do to other programs' files

  // auth: signing in
  "auth.refused-refresh-leads-to-sign-in":
    "Whatever a token endpoint refuses with a 4xx about the refresh token leads to a sign-in; the tokens stay until it succeeds.",

  // cli: the command line

  // config: settings, the project file, Environments

  // credentials: where tokens are kept

  // documents: publish

  // mcp: speaking with agents and with Imgwire

  // release: the package and how it is made
  "release.no-foreign-helpers": "What is published holds no helpers of a second compiler.",
  "release.old-node": "On a Node older than 20 both programs say so in one line and exit 1.",

  // system: what is read from and written to this machine
  "system.inside": "A path counts as inside a folder by its parts, not by how its name begins.",

  // transfer: files that leave and files that are written
  "transfer.lfs-pointer-named": "A Git LFS pointer in place of an image is told to be one.",
  "transfer.type-proved": "A file is uploaded only if its structure proves one of the ten supported types.",
  "transfer.unsupported-named": "What Imgwire does not support is refused by its name, such as SVG."
};
