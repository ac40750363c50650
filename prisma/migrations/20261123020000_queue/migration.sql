-- CreateTable
CREATE TABLE "job_attempt" (
    "job_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "process_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "finished_at" TIMESTAMPTZ(6),
    "outcome" TEXT,
    "progress" REAL,
    "error" JSONB,
    "logs" JSONB,

    CONSTRAINT "job_attempt_pkey" PRIMARY KEY ("job_id","number")
);

-- CreateTable
CREATE TABLE "worker_process" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "slots" JSONB NOT NULL,

    CONSTRAINT "worker_process_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "queue_state" (
    "name" TEXT NOT NULL,
    "paused_at" TIMESTAMPTZ(3),
    "paused_by" TEXT,

    CONSTRAINT "queue_state_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "job_attempt_started_at_idx" ON "job_attempt" USING BRIN ("started_at");


-- What a Prisma schema cannot say. Each attempt is written once and updated once: room on the page keeps the update off the index.
ALTER TABLE "job_attempt" SET (fillfactor = 70);
