import { open } from "node:fs/promises";
import { unwritable } from "../system/write-error.ts";

/**
 * Creates the last stage of a pipeline that writes a new file. It distinguishes errors of the disk from those
 * of earlier stages.
 * @param shown the path to use in errors, since the file is temporary
 * @throws ImgwireError `file_unwritable`
 */
export function savedTo(path: string, mode: number, shown: string) {
  const failed = (error: unknown): never => {
    throw unwritable(shown, error);
  };
  return async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    const handle = await open(path, "w", mode).catch(failed);
    try {
      for await (const chunk of chunks) await handle.writeFile(chunk).catch(failed);
    } finally {
      await handle.close().catch(failed);
    }
  };
}
