import type { Counterpart } from "../counterparts.ts";

/** Storages for presigned URLs. */
export const STORAGE: readonly Counterpart[] = [
  {
    id: "s3rver",
    name: "@20minutes/s3rver, with Signature Version 4",
    shown: "@20minutes/s3rver",
    packages: ["@20minutes/s3rver@5.0.0"],
    server: "s3rver.js",
    path: "/"
  }
];
