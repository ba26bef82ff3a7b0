import { randomUUID } from "node:crypto";
import { ImgwireError, InterruptedError, SignInNeededError } from "../errors.ts";
import { fileKey } from "../system/file-key.ts";
import { receiveCallback } from "./authorization-code.ts";
import { type CallbackServer, listenForCallback, portOfRedirect } from "./callback-server.ts";
import { pollDeviceCode, pollOnce, type Polling } from "./device-code.ts";
import type { Fetch } from "./fetch.ts";
import type { GrantContext, Granted } from "./grants.ts";
import type { Notice } from "./notice.ts";
import type { DeviceFlow, PendingRecord } from "./record.ts";
import type { RecordStore } from "./record-store.ts";
import { isClientError } from "./token-errors.ts";
import { toTokenSet } from "./tokens.ts";

/** What finishing a sign-in needs besides its record. */
export interface Finishing {
  fetch: Fetch;
  records: RecordStore;
  /** The program that the user goes back to, for the page in the browser. */
  returnTo: string | undefined;
  /** Aborted when this process stops waiting; its reason is what {@link finishSignIn} throws. */
  signal: AbortSignal;
}

/**
 * Waits until the user has signed in, and stores the tokens.
 * @param callbacks of a loopback sign-in: the listener, which is closed in the end
 * @param update tells the other processes of this machine how far it is
 * @throws SignInNeededError when the user declined or the time is up; ImgwireError; the signal's reason
 */
export async function finishSignIn(
  options: Finishing,
  pending: PendingRecord,
  notice: Notice,
  callbacks: CallbackServer | undefined,
  update: (changes: Partial<Notice>) => Promise<void>
): Promise<void> {
  const { signal, stop } = withDeadline(options.signal, pending.expiresAt);
  const context = contextOf(options, pending);
  const save = (granted: Granted): Promise<void> => saveTokens(options.records, pending, granted);
  try {
    if (pending.flow.method === "device") {
      const polling = pollingOf(pending, pending.flow, notice);
      const granted = await pollDeviceCode(
        context,
        polling,
        ({ polledAt, intervalMs }) => update({ polledAt, intervalMs }),
        signal
      );
      await save(granted);
    } else if (callbacks) {
      const received = receiveCallback(context, pending.flow, callbacks, save, options.returnTo);
      await Promise.race([received, rejectOn(signal)]);
    }
  } catch (error) {
    await forgetRefusedClient(options.records, pending, error);
    throw signal.aborted ? signal.reason : error;
  } finally {
    stop();
    await callbacks?.close();
  }
}

/** Polls a device code once, for a sign-in that no process waits for. Throws as {@link finishSignIn} does. */
export async function pollPending(
  options: Finishing,
  pending: PendingRecord,
  notice: Notice
): Promise<Partial<Notice> | "done"> {
  if (pending.flow.method !== "device") return {};
  const outcome = await pollOnce(contextOf(options, pending), pollingOf(pending, pending.flow, notice));
  if (!("access_token" in outcome)) return { polledAt: outcome.polledAt, intervalMs: outcome.intervalMs };
  await saveTokens(options.records, pending, outcome);
  return "done";
}

/** Listens again where the browser is going to come back to; undefined if the port is taken by now. */
export async function listenAgain(pending: PendingRecord): Promise<CallbackServer | undefined> {
  const port = pending.flow.method === "loopback" ? portOfRedirect(pending.flow.redirectUri) : undefined;
  if (port === undefined) return undefined;
  return listenForCallback({ port, exact: true }).catch(() => undefined);
}

/** Stores a sign-in that waits for the user, beside the one that there may be. */
export async function savePending(records: RecordStore, pending: PendingRecord): Promise<void> {
  const { server, client, resource } = pending;
  await records.exclusively((present, save) =>
    save({
      ...(present ?? {
        ...{ version: 1, server, client, scopes: [], account: "", generation: Date.now() },
        ...(resource !== undefined && { resource })
      }),
      pending
    })
  );
}

/** Forgets a sign-in that failed. */
export async function discardPending(records: RecordStore): Promise<void> {
  await records.exclusively(async (present, save) => {
    if (present?.pending) await save({ ...present, pending: undefined });
  });
}

/** Stores the tokens of a sign-in; its client and scopes replace the earlier ones. */
async function saveTokens(records: RecordStore, pending: PendingRecord, granted: Granted): Promise<void> {
  const { server, client, resource, scopes } = pending;
  await records.exclusively((present, save) =>
    save({
      version: 1,
      server,
      client,
      ...(resource !== undefined && { resource }),
      scopes,
      generation: (present?.generation ?? Date.now()) + 1,
      account: accountOf(server.issuer, granted.subject),
      tokens: toTokenSet(granted, Date.now())
    })
  );
}

/**
 * A server that refuses the client, or the scopes, would refuse them the next time as well: the next sign-in
 * then registers anew, or requests only what is asked of it.
 */
async function forgetRefusedClient(
  records: RecordStore,
  pending: PendingRecord,
  error: unknown
): Promise<void> {
  const code = error instanceof ImgwireError ? error.code : undefined;
  const said =
    error instanceof ImgwireError ? (error.cause as { error?: unknown } | undefined)?.error : undefined;
  const isClient = pending.client.source === "dynamic" && (isClientError(code) || isClientError(said));
  const isScope = code === "invalid_scope" || said === "invalid_scope";
  if (!isClient && !isScope) return;
  await records
    .exclusively(async (present, save) => {
      if (!present) return;
      const isSameClient = present.client?.client_id === pending.client.client_id;
      await save({
        ...present,
        ...(isClient && isSameClient && { client: undefined }),
        ...(isScope && { scopes: [], missingScopes: undefined })
      });
    })
    .catch(() => undefined);
}

function contextOf({ fetch }: Finishing, { server, client, resource }: PendingRecord): GrantContext {
  return { fetch, server, client, resource };
}

function pollingOf(pending: PendingRecord, flow: DeviceFlow, notice: Notice): Polling {
  const { polledAt = 0, intervalMs = flow.intervalMs } = notice;
  return { deviceCode: flow.deviceCode, intervalMs, polledAt, expiresAt: pending.expiresAt };
}

function accountOf(issuer: string, subject: string | undefined): string {
  return subject === undefined ? randomUUID() : fileKey(`${issuer}\n${subject}`);
}

/** A signal that is also aborted when the link stops working. */
function withDeadline(outer: AbortSignal, expiresAt: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(
      outer.reason instanceof ImgwireError
        ? outer.reason
        : new InterruptedError("The sign-in was cancelled.", { cause: outer.reason })
    );
  const late = new SignInNeededError("Timed out waiting for you to sign in.");
  const timer = setTimeout(() => controller.abort(late), Math.max(0, expiresAt - Date.now()));
  outer.addEventListener("abort", abort, { once: true });
  if (outer.aborted) abort();
  const stop = (): void => {
    clearTimeout(timer);
    outer.removeEventListener("abort", abort);
  };
  return { signal: controller.signal, stop };
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", fail, { once: true });
    if (signal.aborted) fail();
  });
}
