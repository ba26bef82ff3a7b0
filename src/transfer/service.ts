import type { FileFacts } from "./inspect.ts";
import type { UploadTarget } from "./signed-request.ts";

/** An image as described by Imgwire. Only the fields used here are listed; the others are passed through. */
export interface ImageRecord {
  id: string;
  /** PENDING, PROCESSING, READY or QUARANTINE. */
  status: string;
  [field: string]: unknown;
}

/** An upload created by Imgwire. */
export interface CreatedUpload {
  image: ImageRecord;
  /** Where to send the bytes; undefined if Imgwire already has them. */
  target: UploadTarget | undefined;
}

/** The calls to Imgwire that an upload needs. */
export interface UploadService {
  /**
   * Creates an upload. For the same file it returns the same image, if the service supports idempotency.
   * @param replaces the id of an image returned earlier that has since been deleted: request a different one
   */
  create(file: FileFacts, replaces?: string): Promise<CreatedUpload>;
  retrieve(imageId: string): Promise<ImageRecord>;
}

/** A bulk download job as described by Imgwire. */
export interface DownloadJob {
  id: string;
  /** PENDING, PROCESSING, READY or FAILED. */
  status: string;
  downloadUrl: URL | undefined;
}

/** The calls to Imgwire that a download needs. */
export interface DownloadService {
  create(imageIds: readonly string[]): Promise<DownloadJob>;
  retrieve(jobId: string): Promise<DownloadJob>;
}
