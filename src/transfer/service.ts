import type { FileFacts } from "./inspect.ts";
import type { UploadTarget } from "./signed-request.ts";

/**
 * An image as the service describes it. Only what is needed here is named; the other fields are carried
 * along.
 */
export interface ImageRecord {
  id: string;
  /** PENDING, PROCESSING, READY or QUARANTINE. */
  status: string;
  [field: string]: unknown;
}

/** An upload that the service has created. */
export interface CreatedUpload {
  image: ImageRecord;
  /** Where to send the bytes; undefined when the service wants none, since it has them. */
  target: UploadTarget | undefined;
}

/** What an upload needs of the hosted service. */
export interface UploadService {
  /**
   * Creates an upload. The same file again gives the same image, where the service knows idempotency.
   * @param replaces an image that an earlier call gave back and that has been deleted since: ask for another
   *   one
   */
  create(file: FileFacts, replaces?: string): Promise<CreatedUpload>;
  retrieve(imageId: string): Promise<ImageRecord>;
}

/** A bulk download job as the service describes it. */
export interface DownloadJob {
  id: string;
  /** PENDING, PROCESSING, READY or FAILED. */
  status: string;
  downloadUrl: URL | undefined;
}

/** What a download needs of the hosted service. */
export interface DownloadService {
  create(imageIds: readonly string[]): Promise<DownloadJob>;
  retrieve(jobId: string): Promise<DownloadJob>;
}
