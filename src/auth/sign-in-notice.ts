import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import * as z from "zod";
import type { PendingSignIn } from "../authorization.ts";
import { ImgwireError, SignInNeededError, UnreachableError } from "../errors.ts";
import { readJsonIfUsable } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";

/**
 * The file in which the processes of a machine share the sign-in in progress: enough to show it to the user
 * and to coordinate polling, without secrets. Those are in the credential store (`PendingRecord`).
 */
const noticeSchema = z.object({
  id: z.string(),
  method: z.enum(["loopback", "device"]),
  url: z.string(),
  userCode: z.string().optional(),
  browserOpened: z.boolean(),
  /** Milliseconds since the epoch. */
  expiresAt: z.number(),
  /** Device flow only: the time of the last poll, in milliseconds since the epoch. */
  polledAt: z.number().optional(),
  /** Device flow only: the time to wait between polls. */
  intervalMs: z.number().optional(),
  /** The process that started it was told to stop. Others that are waiting continue; no more will join. */
  cancelled: z.boolean().optional(),
  failure: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional()
});
export type Notice = z.infer<typeof noticeSchema>;

/** Reads the notice; undefined if it is missing or invalid. */
export function readNotice(path: string): Notice | undefined {
  return noticeSchema.safeParse(readJsonIfUsable(path)).data;
}

/** Reads the notice of a sign-in that can still be finished. */
export function readLiveNotice(path: string): Notice | undefined {
  const notice = readNotice(path);
  return notice && !notice.failure && notice.expiresAt > Date.now() ? notice : undefined;
}

export async function writeNotice(path: string, notice: Notice): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(notice));
}

export async function removeNotice(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Creates a notice with a new id. */
export function newNotice(notice: Omit<Notice, "id">): Notice {
  return { id: randomUUID(), ...notice };
}

/** Converts a notice to a pending sign-in. */
export function toPending(notice: Notice, completed: Promise<void>): PendingSignIn {
  const { method, url, userCode, browserOpened, expiresAt } = notice;
  return { method, url, userCode, browserOpened, expiresAt, completed };
}

export function toFailure(error: unknown): NonNullable<Notice["failure"]> {
  const { code, hint } = error instanceof ImgwireError ? error : { code: "failed", hint: undefined };
  return { code, message: (error as Error).message, ...(hint !== undefined && { hint }) };
}

/** Recreates the error that another process stored with {@link toFailure}. */
export function fromFailure({ code, message, hint }: NonNullable<Notice["failure"]>): ImgwireError {
  const details = hint === undefined ? {} : { hint };
  if (code === "sign_in_needed") return new SignInNeededError(message, details);
  return code === "unreachable"
    ? new UnreachableError(message, details)
    : new ImgwireError(code, message, details);
}
