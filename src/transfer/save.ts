import { open } from "node:fs/promises";
import { unwritable } from "../system/write-error.ts";

/**
 * Makes the end of a pipeline that writes a new file, so that what the disk refuses is told apart from what
 * goes wrong on the way to it.
 * @param shown what errors name: the file is a temporary one
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
