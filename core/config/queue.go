package config

import "time"

// Queue chooses the queue of webhook jobs.
type Queue struct {
	Driver       string       `key:"driver" env:"QUEUE_DRIVER" kind:"driver" doc:"memory, redis, redis-cluster, sqs, none, or a plugin's driver. Unset: redis if a Redis address is configured for the queue, else memory."`
	Memory       QueueMemory  `key:"memory" doc:"Driver memory."`
	Redis        QueueRedis   `key:"redis" doc:"Driver redis."`
	RedisCluster QueueCluster `key:"redis_cluster" doc:"Driver redis-cluster."`
	SQS          SQS          `key:"sqs" doc:"Driver sqs: Amazon SQS, or a server with its API."`
	Reliability  Reliability  `key:"reliability" doc:"Retries, leases and bounds of jobs, for all drivers where nothing else is said."`
}

// Concurrency returns how many jobs a driver lets be at work at a time; 0 means
// that it has no bound of its own.
func (q *Queue) Concurrency(driver string) uint32 {
	switch driver {
	case driverRedis:
		return q.Redis.Concurrency
	case driverRedisCluster:
		return q.RedisCluster.Concurrency
	case driverSQS:
		return q.SQS.Concurrency
	}
	return 0
}

// QueueMemory are the bounds of queue driver memory beyond those of Reliability.
type QueueMemory struct {
	GroupCapacity uint64 `key:"group_capacity" default:"10000" min:"1" max:"2147483647" doc:"Most waiting jobs of one group (an app, webhook and channel)."`
	MaxBytes      uint64 `key:"max_bytes" default:"268435456" min:"1048576" doc:"Most bytes of jobs and dead letters; the oldest dead letters go first."`
}

// QueueRedis are the options of the queue on one Redis.
type QueueRedis struct {
	Concurrency     uint32        `key:"concurrency" env:"QUEUE_REDIS_CONCURRENCY" default:"5" min:"1" doc:"Jobs at work at a time."`
	Prefix          *string       `key:"prefix" env:"QUEUE_REDIS_PREFIX" default:"{QueuePrefix}" doc:"Prefix of all keys; null = database.redis.key_prefix followed by queue:."`
	URLOverride     Secret        `key:"url_override" env:"QUEUE_REDIS_URL" doc:"Redis URL for the queue alone."`
	ClusterMode     bool          `key:"cluster_mode" default:"false" doc:"Driver redis speaks to a Redis Cluster."`
	ResponseTimeout time.Duration `key:"response_timeout_ms" env:"QUEUE_REDIS_RESPONSE_TIMEOUT_MS" unit:"ms" default:"5000" min:"1" doc:"Deadline of one command."`
	Capacity        uint64        `key:"capacity" default:"1000000" min:"1" max:"2147483647" doc:"Most jobs that are neither done nor dead; also for redis-cluster."`
	GroupCapacity   uint64        `key:"group_capacity" default:"10000" min:"1" max:"2147483647" doc:"Most of them of one group (an app, webhook and channel); also for redis-cluster."`
	MaxBytes        uint64        `key:"max_bytes" default:"1073741824" min:"1048576" doc:"Most bytes of jobs and dead letters; also for redis-cluster."`
	ReplicaWait     time.Duration `key:"replica_wait_ms" unit:"ms" default:"500" max:"60000" doc:"Time to wait until a replica has a new job, with sentinels and in a cluster, before it is asked whether there is one: without one the job is accepted, else it is refused in the end; 0 = do not wait. Also for redis-cluster."`
}

// QueueCluster are the options of the queue on a Redis Cluster.
type QueueCluster struct {
	Concurrency    uint32        `key:"concurrency" env:"REDIS_CLUSTER_QUEUE_CONCURRENCY" default:"5" min:"1" doc:"Jobs at work at a time."`
	Prefix         *string       `key:"prefix" env:"REDIS_CLUSTER_QUEUE_PREFIX" default:"{QueuePrefix}" doc:"Prefix of all keys; null = database.redis.key_prefix followed by queue:."`
	RequestTimeout time.Duration `key:"request_timeout_ms" env:"REDIS_CLUSTER_QUEUE_REQUEST_TIMEOUT_MS" unit:"ms" default:"5000" min:"1" doc:"Deadline of one command."`
	Nodes          RedisNodes    `key:"nodes" doc:"Nodes to start from, instead of those of database.redis."`
}

// SQS are the options of queue driver sqs.
type SQS struct {
	Region            string        `key:"region" env:"QUEUE_SQS_REGION" default:"us-east-1" doc:"AWS region."`
	VisibilityTimeout time.Duration `key:"visibility_timeout" env:"QUEUE_SQS_VISIBILITY_TIMEOUT" unit:"s" default:"30" min:"1" max:"43200" doc:"Least time for which SQS hides a received job; never shorter than reliability.lease_duration_ms and 5 s."`
	MaxMessages       uint32        `key:"max_messages" env:"QUEUE_SQS_MAX_MESSAGES" default:"10" min:"1" max:"10" doc:"Most jobs of one receive call."`
	WaitTime          time.Duration `key:"wait_time_seconds" env:"QUEUE_SQS_WAIT_TIME_SECONDS" unit:"s" default:"5" max:"20" doc:"How long a receive call waits for jobs; 0 = it asks again after reliability.worker_poll_interval_ms."`
	Concurrency       uint32        `key:"concurrency" env:"QUEUE_SQS_CONCURRENCY" default:"5" min:"1" max:"100000" doc:"Workers; each has at most max_messages jobs at work."`
	FIFO              bool          `key:"fifo" env:"QUEUE_SQS_FIFO" default:"false" doc:"Use FIFO queues, which keep the order of a channel's webhooks."`
	EndpointURL       string        `key:"endpoint_url" env:"QUEUE_SQS_ENDPOINT_URL" doc:"Endpoint instead of AWS's own."`
	QueueURLPrefix    string        `key:"queue_url_prefix" env:"QUEUE_SQS_QUEUE_URL_PREFIX" doc:"URL in front of queue names, instead of a look-up."`
	QueueURL          string        `key:"queue_url" env:"QUEUE_SQS_QUEUE_URL" doc:"URL of the queue itself, whatever its name. Its dead letters go where its redrive policy says, else to a queue of its name and -dead."`
	AccessKeyID       string        `key:"aws_access_key_id" doc:"Static credentials; empty = the default AWS chain, which reads the AWS_* names of the environment."`
	SecretAccessKey   Secret        `key:"aws_secret_access_key" doc:"Static credentials."`
	SessionToken      Secret        `key:"aws_session_token" doc:"Token of static credentials that are temporary."`
	ProfileName       string        `key:"aws_profile_name" doc:"Profile of the shared AWS files."`
	MessageGroupID    string        `key:"message_group_id" env:"QUEUE_SQS_MESSAGE_GROUP_ID" default:"default" dead:"" doc:"Without effect: every job has the group of its app, webhook and channel."`
}

// Reliability are the rules for jobs.
type Reliability struct {
	MaxAttempts        uint32        `key:"max_attempts" env:"QUEUE_MAX_ATTEMPTS" default:"5" min:"1" doc:"Hand-overs without an outcome before a job is a dead letter. How long a failing webhook is retried is said by webhooks.retry."`
	RetryBaseDelay     time.Duration `key:"retry_base_delay_ms" env:"QUEUE_RETRY_BASE_DELAY_MS" unit:"ms" default:"1000" doc:"First retry delay; doubles."`
	RetryMaxDelay      time.Duration `key:"retry_max_delay_ms" env:"QUEUE_RETRY_MAX_DELAY_MS" unit:"ms" default:"60000" doc:"Longest retry delay."`
	RetryJitter        float64       `key:"retry_jitter" env:"QUEUE_RETRY_JITTER" default:"0.2" max:"1" doc:"Share by which delays vary."`
	LeaseDuration      time.Duration `key:"lease_duration_ms" env:"QUEUE_LEASE_DURATION_MS" unit:"ms" default:"30000" min:"1000" doc:"Time after which a silent consumer loses its job."`
	LeaseRenewInterval time.Duration `key:"lease_renew_interval_ms" env:"QUEUE_LEASE_RENEW_INTERVAL_MS" unit:"ms" default:"10000" min:"1" doc:"How often a lease is renewed; less than the lease."`
	StalledBatchSize   uint32        `key:"stalled_batch_size" env:"QUEUE_STALLED_BATCH_SIZE" default:"100" min:"1" doc:"Driver redis: channels whose delay or lease ended that are looked after at a time."`
	WorkerPollInterval time.Duration `key:"worker_poll_interval_ms" env:"QUEUE_WORKER_POLL_INTERVAL_MS" unit:"ms" default:"500" min:"1" doc:"How often an idle consumer looks for work: driver redis while announcements are down, sqs with wait_time_seconds 0."`
	WorkerPrefetch     uint32        `key:"worker_prefetch" env:"QUEUE_WORKER_PREFETCH" default:"16" min:"1" dead:"" doc:"Without effect: no job is fetched that cannot be begun."`
	ShutdownTimeout    time.Duration `key:"shutdown_timeout_ms" env:"QUEUE_SHUTDOWN_TIMEOUT_MS" unit:"ms" default:"30000" dead:"" doc:"Without effect: see shutdown_grace_period."`
	CompletedRetention uint64        `key:"completed_retention" env:"QUEUE_COMPLETED_RETENTION" default:"1000" dead:"" doc:"Without effect: what is done is gone."`
	FailedRetention    uint64        `key:"failed_retention" env:"QUEUE_FAILED_RETENTION" default:"10000" max:"2147483647" doc:"Dead letters kept."`
	EventRetention     uint64        `key:"event_retention" env:"QUEUE_EVENT_RETENTION" default:"10000" dead:"" doc:"Without effect."`
	DeduplicationTTL   time.Duration `key:"deduplication_ttl_ms" env:"QUEUE_DEDUPLICATION_TTL_MS" unit:"ms" default:"300000" doc:"How long a job's id is remembered."`
	MemoryCapacity     uint64        `key:"memory_capacity" env:"QUEUE_MEMORY_CAPACITY" default:"100000" min:"1" max:"100000000" doc:"Most jobs of driver memory."`
	MaxBatchSize       uint32        `key:"max_batch_size" env:"QUEUE_MAX_BATCH_SIZE" default:"1000" min:"1" doc:"Driver redis: most jobs of one call to Redis."`
}
