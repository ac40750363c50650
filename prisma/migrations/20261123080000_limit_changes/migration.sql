-- CreateTable
CREATE TABLE "limit_change" (
    "name" TEXT NOT NULL,
    "running" JSONB NOT NULL,
    "revision" BIGINT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT,
    "revert_at" TIMESTAMPTZ(3),
    "base" JSONB,

    CONSTRAINT "limit_change_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "limit_history" (
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "by" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "before" JSONB NOT NULL,
    "after" JSONB NOT NULL,
    "reason" TEXT,
    "revert_at" TIMESTAMPTZ(3),

    CONSTRAINT "limit_history_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "limit_history_name_id_idx" ON "limit_history"("name", "id" DESC);
