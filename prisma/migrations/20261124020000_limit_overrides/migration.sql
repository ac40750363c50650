-- AlterTable
ALTER TABLE "limit_history" ADD COLUMN     "caller" TEXT;

-- CreateTable
CREATE TABLE "limit_override" (
    "name" TEXT NOT NULL,
    "caller" TEXT NOT NULL,
    "running" JSONB NOT NULL,
    "revision" BIGINT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT,
    "until" TIMESTAMPTZ(3),

    CONSTRAINT "limit_override_pkey" PRIMARY KEY ("name","caller")
);
