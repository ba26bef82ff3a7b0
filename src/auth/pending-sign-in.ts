import { randomUUID } from "node:crypto";
import { codeOf, ImgwireError, InterruptedError, SignInNeededError } from "../errors.ts";
import { rejectOnAbort } from "../system/abort.ts";
import { fileKey } from "../system/file-key.ts";
import { isObject } from "../system/json.ts";
import { receiveCallback } from "./authorization-code.ts";
import { type CallbackServer, listenForCallback, portOfRedirect } from "./callback-server.ts";
import { pollDeviceCode, pollOnce, type Polling } from "./device-code.ts";
import type { Fetch } from "./fetch.ts";
import type { GrantContext, Granted } from "./grants.ts";
import type { Notice } from "./sign-in-notice.ts";
import type { DeviceFlow, PendingRecord } from "./record.ts";
import type { RecordStore } from "./record-store.ts";
import { isClientError } from "./token-errors.ts";
import { toTokenSet } from "./tokens.ts";

/** What finishing a sign-in needs besides its record. */
export interface Finishing {
  fetch: Fetch;
  records: RecordStore;
  /** The name of the program to return to, for the page in the browser. */
  returnTo: string | undefined;
  /** Aborted when this process stops waiting. */
  signal: AbortSignal;
}

/**
 * Waits until the user has signed in, and stores the tokens.
 * @param callbacks the listener of a loopback sign-in; closed at the end
 * @param update publishes changes to the other processes on this machine
 * @throws SignInNeededError if the user declined or the time is up; the signal's reason if it is an
 *   ImgwireError, else InterruptedError; ImgwireError
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
      await Promise.race([received, rejectOnAbort(signal)]);
    }
  } catch (error) {
    await forgetRefused(options.records, pending, error);
    throw signal.aborted ? signal.reason : error;
  } finally {
    stop();
    await callbacks?.close();
  }
}

/**
 * Polls a device code once, for a sign-in that no process is waiting for. Throws as {@link pollOnce} does.
 * @returns changes to the notice, or "done" once the tokens are stored
 */
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

/**
 * Listens again on the port of a loopback sign-in; undefined if it is no longer free, or for a device code.
 */
export async function listenAgain(pending: PendingRecord): Promise<CallbackServer | undefined> {
  const port = pending.flow.method === "loopback" ? portOfRedirect(pending.flow.redirectUri) : undefined;
  if (port === undefined) return undefined;
  return listenForCallback({ port, exact: true }).catch(() => undefined);
}

/** Stores a pending sign-in next to the current one, if there is one. */
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

/** Removes a pending sign-in that failed. */
export async function discardPending(records: RecordStore): Promise<void> {
  await records.exclusively(async (present, save) => {
    if (present?.pending) await save({ ...present, pending: undefined });
  });
}

/** Stores a finished sign-in in place of any earlier one. */
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
 * Forgets a client or scopes that the server refused, since it would refuse them again. The next sign-in then
 * registers a new client, or requests only the scopes that it has to.
 */
async function forgetRefused(records: RecordStore, pending: PendingRecord, error: unknown): Promise<void> {
  const code = codeOf(error);
  const cause = error instanceof Error ? error.cause : undefined;
  const serverCode = isObject(cause) ? cause["error"] : undefined;
  const isClient = pending.client.source === "dynamic" && (isClientError(code) || isClientError(serverCode));
  const isScope = code === "invalid_scope" || serverCode === "invalid_scope";
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

/** Returns a signal that is also aborted when the link expires. */
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
