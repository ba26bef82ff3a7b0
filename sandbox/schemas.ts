/** The parts of the service's REST schema that its MCP tools return, under their published names. */
import { z } from "zod";

export const uuid = z.string().meta({ format: "uuid" });
export const dateTime = z.string().meta({ format: "date-time" });

const supportedMimeTypes = [
  "image/jpeg",
  "image/jxl",
  "image/png",
  "image/webp",
  "image/avif",
  "image/gif",
  "image/vnd.microsoft.icon",
  "image/heic",
  "image/bmp",
  "image/tiff"
] as const;
export const SupportedMimeType = z.enum(supportedMimeTypes);
export type SupportedMimeType = z.infer<typeof SupportedMimeType>;

const CustomMetadata = z.record(z.string(), z.union([z.string(), z.int(), z.number(), z.boolean()]));

export const ImageSchema = z.object({
  id: uuid,
  environment_id: uuid.nullable(),
  upload_token_id: uuid.nullable(),
  original_filename: z.string(),
  hash_sha256: z.string().nullable(),
  status: z.enum(["PENDING", "PROCESSING", "READY", "QUARANTINE"]),
  cdn_url: z.string(),
  mime_type: SupportedMimeType,
  can_upload: z.boolean(),
  is_directly_deliverable: z.boolean(),
  idempotency_key: z.string().nullable(),
  purpose: z.string().nullable(),
  extension: z.string(),
  width: z.int(),
  height: z.int(),
  size_bytes: z.int(),
  custom_metadata: CustomMetadata,
  exif_data: z.record(z.string(), z.unknown()),
  created_at: dateTime,
  updated_at: dateTime,
  deleted_at: dateTime.nullable(),
  processed_metadata_at: dateTime.nullable()
});
export type Image = z.infer<typeof ImageSchema>;

const label = z.string().min(1).max(255).nullish();

export const StandardUploadCreateSchema = z.object({
  file_name: z.string().min(1).describe("Name of the file, with its extension."),
  mime_type: SupportedMimeType.nullish().describe("Guessed from the file name when it is left out."),
  content_length: z
    .int()
    .min(0)
    .nullish()
    .describe("Size of the file in bytes; becomes part of the signed URL."),
  hash_sha256: label.describe("SHA-256 of the file, in hex; the image is quarantined when the bytes differ."),
  idempotency_key: label.describe("The same key with the same file gives the same image."),
  purpose: label,
  custom_metadata: CustomMetadata.optional()
});
export type StandardUploadCreate = z.infer<typeof StandardUploadCreateSchema>;

export const StandardUploadResponseSchema = z.object({ image: ImageSchema, upload_url: z.string() });

export const UploadViaUrlCreateSchema = z.object({
  url: z.url().describe("Where the image is now; fetched once."),
  file_name: z.string().min(1).nullish(),
  mime_type: SupportedMimeType.nullish(),
  idempotency_key: label,
  purpose: label,
  custom_metadata: CustomMetadata.optional()
});
export type UploadViaUrlCreate = z.infer<typeof UploadViaUrlCreateSchema>;

export const ImageDownloadJobSchema = z.object({
  id: uuid,
  environment_id: uuid.nullable(),
  status: z.enum(["PENDING", "PROCESSING", "READY", "FAILED"]),
  image_ids: z.array(uuid),
  download_url: z.string().nullable(),
  created_at: dateTime,
  updated_at: dateTime
});
export type ImageDownloadJob = z.infer<typeof ImageDownloadJobSchema>;

export const EnvironmentSchema = z.object({
  id: uuid,
  organization_id: uuid.nullable(),
  name: z.string(),
  default: z.boolean(),
  created_at: dateTime,
  updated_at: dateTime
});
export type Environment = z.infer<typeof EnvironmentSchema>;

export const UserResponse = z.object({
  id: uuid,
  email: z.string(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  email_verified: z.boolean(),
  identities: z.array(z.string()),
  created_at: dateTime,
  updated_at: dateTime
});
export type User = z.infer<typeof UserResponse>;

/** `ApiKeyCreateResponseSchema` without its fields for Server API Keys. */
export const ClientKeySchema = z.object({
  id: uuid,
  environment_id: uuid,
  name: z.string(),
  key_type: z.literal("CLIENT"),
  client_key: z.string().nullable(),
  allow_unsigned_upload: z.boolean().nullable(),
  maximum_upload_bytes: z.int().nullable(),
  allowed_mime_types: z.array(z.string()).nullable(),
  maximum_pending_uploads: z.int().nullable(),
  scopes: z.array(z.string()),
  created_at: dateTime,
  updated_at: dateTime
});
export type ClientKey = z.infer<typeof ClientKeySchema>;

export const MetricsDatasetInterval = z.enum(["HOURLY", "DAILY", "WEEKLY", "MONTHLY"]);
export type MetricsDatasetInterval = z.infer<typeof MetricsDatasetInterval>;

const point = <K extends string>(...names: K[]) =>
  z.object({
    timestamp: dateTime,
    ...(Object.fromEntries(names.map((name) => [name, z.int()])) as Record<K, z.ZodInt>)
  });

export const MetricsDatasetsSchema = z.object({
  uploads: z.array(point("uploads")),
  transformations: z.array(point("transformations")),
  requests: z.array(point("requests")),
  transfer_bytes: z.array(point("transfer_bytes")),
  cache_hit_ratio: z.array(z.object({ label: z.string(), value: z.int() })),
  storage_bytes: z.array(point("storage_bytes_current", "storage_bytes_added"))
});
export type MetricsDatasets = z.infer<typeof MetricsDatasetsSchema>;

const MetricsStatValueSchema = z.object({
  value: z.number(),
  prev: z.number(),
  pct_change: z.number().nullable()
});

export const MetricsStatsSchema = z.object({
  uploads: MetricsStatValueSchema,
  transformations: MetricsStatValueSchema,
  requests: MetricsStatValueSchema,
  transfer_bytes: MetricsStatValueSchema,
  cache_hit_ratio: MetricsStatValueSchema,
  storage_bytes: MetricsStatValueSchema
});
export type MetricsStats = z.infer<typeof MetricsStatsSchema>;

const BillingAccountUsageMetricSchema = z.object({ used: z.int(), limit: z.int(), percent_used: z.number() });

const BillingAccountUsageOverviewSchema = z.object({
  storage_bytes: BillingAccountUsageMetricSchema,
  transfer_bytes: BillingAccountUsageMetricSchema,
  uploads: BillingAccountUsageMetricSchema,
  transformations: BillingAccountUsageMetricSchema,
  team_members: BillingAccountUsageMetricSchema
});
export type Usage = z.infer<typeof BillingAccountUsageOverviewSchema>;

const BillingAccountPlanSchema = z.object({
  id: uuid,
  name: z.string(),
  description: z.string(),
  monthly_price_in_cents: z.int(),
  annual_price_in_cents: z.int(),
  storage_bytes_limit: z.int(),
  transfer_bytes_limit: z.int(),
  upload_limit: z.int(),
  transformations_limit: z.int(),
  team_member_limit: z.int()
});
export type BillingPlan = z.infer<typeof BillingAccountPlanSchema>;

export const UsageSchema = z.object({
  billing_plan: BillingAccountPlanSchema,
  subscription_status: z.enum(["INACTIVE", "TRIALING", "ACTIVE", "PAST_DUE", "CANCELED"]),
  current_quota_period_start_at: dateTime.nullable(),
  current_quota_period_end_at: dateTime.nullable(),
  usage: BillingAccountUsageOverviewSchema
});
