/** The options of `imgwire publish`. */
export interface PublishOptions {
  root?: string[];
  include?: string[];
  exclude?: string[];
  preset?: string;
  width?: number | "auto";
  format?: string;
  srcset?: number[];
  dryRun?: true;
  check?: true;
  undo?: true;
  prune?: true;
  status?: true;
  allowMissing?: true;
  links?: true;
  installGit?: true;
  mergeLock?: true;
}
