import { UsageError } from "../../errors.ts";
import type { Inspected } from "../../transfer/inspect.ts";

/** The argument of the tools that send files. */
export const STRIP_METADATA = {
  type: "boolean",
  description: "Set to true to remove position, serial numbers and names from local images first."
};

/**
 * Whether a call wants metadata removed.
 * @throws UsageError
 */
export function stripsMetadata(value: unknown, byDefault: boolean | undefined): boolean {
  if (value === undefined) return byDefault === true;
  if (typeof value === "boolean") return value;
  throw new UsageError("`strip_metadata` must be true or false.");
}

/** What is to be known about an image that was sent as it is. */
export function positionNote({ hasPosition, fileName }: Inspected): string | undefined {
  if (!hasPosition) return undefined;
  return `${fileName} says where it was taken, for everyone with its URL to read; \`strip_metadata\` removes that.`;
}
