-- CreateTable
CREATE TABLE "stat_node" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "requests" BIGINT NOT NULL,
    "figures" JSONB NOT NULL,

    CONSTRAINT "stat_node_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stat_total" (
    "id" SMALLINT NOT NULL,
    "requests" BIGINT NOT NULL,

    CONSTRAINT "stat_total_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stat_bucket" (
    "step_seconds" INTEGER NOT NULL,
    "start" TIMESTAMPTZ(3) NOT NULL,
    "node_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "calls" INTEGER NOT NULL,
    "errors" INTEGER NOT NULL,
    "client_errors" INTEGER NOT NULL,
    "limited" INTEGER NOT NULL,
    "sum_ms" DOUBLE PRECISION NOT NULL,
    "max_ms" DOUBLE PRECISION NOT NULL,
    "sketch" JSONB NOT NULL,
    "gauges" JSONB,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stat_bucket_pkey" PRIMARY KEY ("step_seconds","start","node_id","path")
);

-- CreateTable
CREATE TABLE "stat_error" (
    "node_id" UUID NOT NULL,
    "start" TIMESTAMPTZ(3) NOT NULL,
    "path" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "last_request_id" TEXT NOT NULL,

    CONSTRAINT "stat_error_pkey" PRIMARY KEY ("node_id","start","path","code")
);

-- CreateTable
CREATE TABLE "slow_call" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "node_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "queued_ms" DOUBLE PRECISION NOT NULL,
    "threshold_ms" DOUBLE PRECISION NOT NULL,
    "code" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "principal" TEXT,

    CONSTRAINT "slow_call_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "stat_bucket_updated_at_idx" ON "stat_bucket"("updated_at");

-- CreateIndex
CREATE INDEX "stat_error_start_idx" ON "stat_error"("start");

-- CreateIndex
CREATE INDEX "slow_call_at_id_idx" ON "slow_call"("at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "slow_call_path_at_id_idx" ON "slow_call"("path", "at" DESC, "id" DESC);


