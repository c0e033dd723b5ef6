CREATE TABLE public.account_calendars (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    ref text NOT NULL,
    name text NOT NULL,
    color text NOT NULL,
    "position" integer NOT NULL,
    busy boolean NOT NULL,
    ours boolean NOT NULL,
    token text NOT NULL,
    window_start date,
    was_empty boolean DEFAULT false NOT NULL,
    missing boolean DEFAULT false NOT NULL,
    read_at timestamp with time zone,
    watch_at timestamp with time zone,
    notified boolean DEFAULT false NOT NULL,
    CONSTRAINT account_calendars_color_check CHECK ((length(color) <= 7)),
    CONSTRAINT account_calendars_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT account_calendars_ref_check CHECK ((length(ref) <= 2000)),
    CONSTRAINT account_calendars_token_check CHECK ((length(token) <= 8000))
);

ALTER TABLE ONLY public.account_calendars FORCE ROW LEVEL SECURITY;

ALTER TABLE public.account_calendars OWNER TO study_owner;

CREATE TABLE public.ai_assessed_exercises (
    user_id uuid NOT NULL,
    digest bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_assessed_exercises_digest_check CHECK ((octet_length(digest) = 32))
);

ALTER TABLE ONLY public.ai_assessed_exercises FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_assessed_exercises OWNER TO study_owner;

CREATE TABLE public.ai_calls (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    day date NOT NULL,
    feature text NOT NULL,
    kinds text[] NOT NULL,
    messages jsonb NOT NULL,
    provider text DEFAULT ''::text NOT NULL,
    model text DEFAULT ''::text NOT NULL,
    reserved integer NOT NULL,
    tokens integer,
    outcome text,
    created_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    own_key boolean DEFAULT false NOT NULL,
    CONSTRAINT ai_calls_feature_check CHECK (((length(feature) >= 1) AND (length(feature) <= 30))),
    CONSTRAINT ai_calls_model_check CHECK ((length(model) <= 200)),
    CONSTRAINT ai_calls_outcome_check CHECK ((length(outcome) <= 30)),
    CONSTRAINT ai_calls_provider_check CHECK ((length(provider) <= 300)),
    CONSTRAINT ai_calls_reserved_check CHECK ((reserved >= 0)),
    CONSTRAINT ai_calls_tokens_check CHECK ((tokens >= 0))
);

ALTER TABLE ONLY public.ai_calls FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_calls OWNER TO study_owner;

CREATE TABLE public.ai_chats (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    title text NOT NULL,
    subject_id uuid,
    task_id uuid,
    problem bytea NOT NULL,
    situation jsonb NOT NULL,
    assessed boolean NOT NULL,
    exercises jsonb,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_chats_problem_check CHECK ((length(problem) = 32)),
    CONSTRAINT ai_chats_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);

ALTER TABLE ONLY public.ai_chats FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_chats OWNER TO study_owner;

CREATE TABLE public.ai_days (
    user_id uuid NOT NULL,
    day date NOT NULL,
    used integer DEFAULT 0 NOT NULL,
    reserved integer DEFAULT 0 NOT NULL,
    CONSTRAINT ai_days_reserved_check CHECK ((reserved >= 0)),
    CONSTRAINT ai_days_used_check CHECK ((used >= 0))
);

ALTER TABLE ONLY public.ai_days FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_days OWNER TO study_owner;

CREATE TABLE public.ai_facts (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    message_id uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_facts_kind_check CHECK ((kind = ANY (ARRAY['goal'::text, 'level'::text, 'difficulty'::text, 'preference'::text]))),
    CONSTRAINT ai_facts_text_check CHECK (((length(text) >= 1) AND (length(text) <= 300)))
);

ALTER TABLE ONLY public.ai_facts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_facts OWNER TO study_owner;

CREATE TABLE public.ai_keys (
    user_id uuid NOT NULL,
    secret bytea NOT NULL,
    last_four text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_keys_last_four_check CHECK ((length(last_four) = 4))
);

ALTER TABLE ONLY public.ai_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_keys OWNER TO study_owner;

CREATE TABLE public.ai_messages (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    chat_id uuid NOT NULL,
    message text NOT NULL,
    move text NOT NULL,
    hint_level integer NOT NULL,
    context text[] NOT NULL,
    pieces text[] DEFAULT '{}'::text[] NOT NULL,
    replaced boolean DEFAULT false NOT NULL,
    outcome text,
    tokens integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    citations jsonb,
    CONSTRAINT ai_messages_hint_level_check CHECK (((hint_level >= 0) AND (hint_level <= 4))),
    CONSTRAINT ai_messages_message_check CHECK (((length(message) >= 1) AND (length(message) <= 4000))),
    CONSTRAINT ai_messages_move_check CHECK ((length(move) <= 20)),
    CONSTRAINT ai_messages_outcome_check CHECK ((length(outcome) <= 30)),
    CONSTRAINT ai_messages_tokens_check CHECK ((tokens >= 0))
);

ALTER TABLE ONLY public.ai_messages FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_messages OWNER TO study_owner;

CREATE TABLE public.ai_pages (
    user_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    part integer NOT NULL,
    page integer NOT NULL,
    start integer NOT NULL,
    text text NOT NULL,
    embedding bytea,
    CONSTRAINT ai_pages_page_check CHECK ((page >= 1)),
    CONSTRAINT ai_pages_part_check CHECK ((part >= 0)),
    CONSTRAINT ai_pages_start_check CHECK ((start >= 0)),
    CONSTRAINT ai_pages_text_check CHECK (((length(text) >= 1) AND (length(text) <= 2000)))
);

ALTER TABLE ONLY public.ai_pages FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_pages OWNER TO study_owner;

CREATE TABLE public.ai_proposals (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    brief text NOT NULL,
    source text NOT NULL,
    model text DEFAULT ''::text NOT NULL,
    tokens integer DEFAULT 0 NOT NULL,
    steps jsonb NOT NULL,
    notes text[] NOT NULL,
    subject_id uuid,
    task_id uuid,
    subtask_id uuid,
    due_date date,
    fingerprint bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_task_id uuid,
    changes jsonb,
    CONSTRAINT ai_proposals_brief_check CHECK ((length(brief) <= 50000)),
    CONSTRAINT ai_proposals_fingerprint_check CHECK ((length(fingerprint) = 32)),
    CONSTRAINT ai_proposals_kind_check CHECK ((kind = ANY (ARRAY['split'::text, 'breakdown'::text]))),
    CONSTRAINT ai_proposals_model_check CHECK ((length(model) <= 200)),
    CONSTRAINT ai_proposals_source_check CHECK ((source = ANY (ARRAY['model'::text, 'template'::text]))),
    CONSTRAINT ai_proposals_tokens_check CHECK ((tokens >= 0))
);

ALTER TABLE ONLY public.ai_proposals FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_proposals OWNER TO study_owner;

CREATE TABLE public.ai_questions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    subject_id uuid,
    task_id uuid,
    source text NOT NULL,
    model text NOT NULL,
    tokens integer NOT NULL,
    questions jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_questions_model_check CHECK ((length(model) <= 200)),
    CONSTRAINT ai_questions_source_check CHECK ((source = ANY (ARRAY['model'::text, 'template'::text]))),
    CONSTRAINT ai_questions_tokens_check CHECK ((tokens >= 0))
);

ALTER TABLE ONLY public.ai_questions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_questions OWNER TO study_owner;

CREATE TABLE public.ai_settings (
    user_id uuid NOT NULL,
    off text[] NOT NULL
);

ALTER TABLE ONLY public.ai_settings FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_settings OWNER TO study_owner;

CREATE TABLE public.ai_totals (
    day date NOT NULL,
    used bigint DEFAULT 0 NOT NULL,
    reserved bigint DEFAULT 0 NOT NULL,
    CONSTRAINT ai_totals_reserved_check CHECK ((reserved >= 0)),
    CONSTRAINT ai_totals_used_check CHECK ((used >= 0))
);

ALTER TABLE public.ai_totals OWNER TO study_owner;

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);

ALTER TABLE public.alembic_version OWNER TO study_owner;

CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    hash bytea NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT api_keys_prefix_check CHECK ((length(prefix) <= 20)),
    CONSTRAINT api_keys_scopes_check CHECK (((scopes <@ '{read,write}'::text[]) AND (cardinality(scopes) >= 1)))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.api_keys OWNER TO study_owner;

CREATE TABLE public.attachments (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    task_id uuid NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    size integer NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    token text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT attachments_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT attachments_size_check CHECK (((size >= 1) AND (size <= 26214400))),
    CONSTRAINT attachments_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'ready'::text]))),
    CONSTRAINT attachments_token_check CHECK (((length(token) >= 20) AND (length(token) <= 64))),
    CONSTRAINT attachments_type_check CHECK (((length(type) >= 1) AND (length(type) <= 100)))
);

ALTER TABLE ONLY public.attachments FORCE ROW LEVEL SECURITY;

ALTER TABLE public.attachments OWNER TO study_owner;

CREATE TABLE public.audit_anonymous (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    action text NOT NULL,
    address text NOT NULL,
    detail jsonb NOT NULL,
    sealed_in bigint,
    CONSTRAINT audit_anonymous_action_check CHECK (((length(action) >= 1) AND (length(action) <= 60))),
    CONSTRAINT audit_anonymous_address_check CHECK ((length(address) <= 45)),
    CONSTRAINT audit_anonymous_detail_check CHECK ((octet_length((detail)::text) <= 4000))
);

ALTER TABLE ONLY public.audit_anonymous FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_anonymous OWNER TO study_owner;

ALTER TABLE public.audit_anonymous ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_anonymous_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_heads (
    user_id uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_heads_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_heads_seq_check CHECK ((seq >= 0))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.audit_heads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads OWNER TO study_owner;

CREATE TABLE public.audit_log (
    user_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    action text NOT NULL,
    address text NOT NULL,
    detail jsonb NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_log_action_check CHECK (((length(action) >= 1) AND (length(action) <= 60))),
    CONSTRAINT audit_log_address_check CHECK ((length(address) <= 45)),
    CONSTRAINT audit_log_detail_check CHECK ((octet_length((detail)::text) <= 4000)),
    CONSTRAINT audit_log_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_log_seq_check CHECK ((seq >= 1))
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log OWNER TO study_owner;

CREATE TABLE public.audit_seals (
    id bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    hash bytea NOT NULL,
    previous bytea NOT NULL,
    CONSTRAINT audit_seals_check CHECK ((last >= first)),
    CONSTRAINT audit_seals_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_seals_id_check CHECK ((id >= 1)),
    CONSTRAINT audit_seals_previous_check CHECK ((length(previous) = 32))
);

ALTER TABLE ONLY public.audit_seals FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_seals OWNER TO study_owner;

CREATE TABLE public.calendar_accounts (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL,
    owner_key text NOT NULL,
    address text NOT NULL,
    credential bytea NOT NULL,
    access text NOT NULL,
    state text NOT NULL,
    problem text,
    problem_code text,
    failures integer NOT NULL,
    writes boolean NOT NULL,
    events_read integer,
    asked_at timestamp with time zone NOT NULL,
    listed_at timestamp with time zone,
    last_sync_at timestamp with time zone,
    next_sync_at timestamp with time zone NOT NULL,
    rests integer DEFAULT 0 NOT NULL,
    job bigint,
    runner bigint,
    runs_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    taken_at timestamp with time zone,
    removes_events boolean DEFAULT false NOT NULL,
    CONSTRAINT calendar_accounts_access_check CHECK ((access = ANY (ARRAY['busy'::text, 'events'::text]))),
    CONSTRAINT calendar_accounts_address_check CHECK ((length(address) <= 320)),
    CONSTRAINT calendar_accounts_owner_key_check CHECK ((length(owner_key) <= 500)),
    CONSTRAINT calendar_accounts_problem_check CHECK ((length(problem) <= 500)),
    CONSTRAINT calendar_accounts_problem_code_check CHECK ((length(problem_code) <= 40)),
    CONSTRAINT calendar_accounts_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'outlook'::text, 'caldav'::text]))),
    CONSTRAINT calendar_accounts_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'reconnect'::text, 'failing'::text, 'leaving'::text])))
);

ALTER TABLE ONLY public.calendar_accounts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_accounts OWNER TO study_owner;

CREATE TABLE public.calendar_changes (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    feed_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    before text,
    after text,
    task_id uuid,
    at timestamp with time zone NOT NULL,
    CONSTRAINT calendar_changes_after_check CHECK ((length(after) <= 40)),
    CONSTRAINT calendar_changes_before_check CHECK ((length(before) <= 40)),
    CONSTRAINT calendar_changes_kind_check CHECK ((kind = ANY (ARRAY['added'::text, 'changed'::text, 'removed'::text]))),
    CONSTRAINT calendar_changes_title_check CHECK ((length(title) <= 200))
);

ALTER TABLE ONLY public.calendar_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_changes OWNER TO study_owner;

CREATE TABLE public.calendar_channels (
    user_id uuid NOT NULL,
    calendar_id uuid NOT NULL,
    provider text NOT NULL,
    channel text NOT NULL,
    resource text NOT NULL,
    secret_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT calendar_channels_channel_check CHECK ((length(channel) <= 100)),
    CONSTRAINT calendar_channels_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'outlook'::text]))),
    CONSTRAINT calendar_channels_resource_check CHECK ((length(resource) <= 500))
);

ALTER TABLE ONLY public.calendar_channels FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_channels OWNER TO study_owner;

CREATE TABLE public.calendar_conflicts (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    session_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    here text NOT NULL,
    there text NOT NULL,
    kept text NOT NULL,
    at timestamp with time zone NOT NULL,
    reversed_at timestamp with time zone,
    CONSTRAINT calendar_conflicts_here_check CHECK ((length(here) <= 200)),
    CONSTRAINT calendar_conflicts_kept_check CHECK ((kept = ANY (ARRAY['here'::text, 'there'::text]))),
    CONSTRAINT calendar_conflicts_kind_check CHECK ((kind = ANY (ARRAY['time'::text, 'title'::text, 'deleted'::text]))),
    CONSTRAINT calendar_conflicts_there_check CHECK ((length(there) <= 200)),
    CONSTRAINT calendar_conflicts_title_check CHECK ((length(title) <= 200))
);

ALTER TABLE ONLY public.calendar_conflicts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_conflicts OWNER TO study_owner;

CREATE TABLE public.calendar_connections (
    user_id uuid NOT NULL,
    hash bytea NOT NULL,
    provider text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT calendar_connections_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'outlook'::text]))),
    CONSTRAINT calendar_connections_verifier_check CHECK ((length(verifier) <= 128))
);

ALTER TABLE ONLY public.calendar_connections FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_connections OWNER TO study_owner;

CREATE TABLE public.calendar_copies (
    user_id uuid NOT NULL,
    calendar_id uuid NOT NULL,
    session_id uuid NOT NULL,
    ref text NOT NULL,
    etag text NOT NULL,
    title text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    own_title text,
    CONSTRAINT calendar_copies_etag_check CHECK ((length(etag) <= 300)),
    CONSTRAINT calendar_copies_own_title_check CHECK ((length(own_title) <= 200)),
    CONSTRAINT calendar_copies_ref_check CHECK ((length(ref) <= 2000)),
    CONSTRAINT calendar_copies_title_check CHECK ((length(title) <= 200))
);

ALTER TABLE ONLY public.calendar_copies FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_copies OWNER TO study_owner;

CREATE TABLE public.calendar_courses (
    user_id uuid NOT NULL,
    course text NOT NULL,
    subject_id uuid,
    CONSTRAINT calendar_courses_course_check CHECK ((length(course) <= 100))
);

ALTER TABLE ONLY public.calendar_courses FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_courses OWNER TO study_owner;

CREATE TABLE public.calendar_events (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    feed_id uuid,
    uid text NOT NULL,
    recurrence_id text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    location text NOT NULL,
    url text NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    start_date date,
    end_date date,
    busy boolean NOT NULL,
    deadline boolean NOT NULL,
    task_id uuid,
    had_task boolean DEFAULT false NOT NULL,
    removed_at timestamp with time zone,
    course text DEFAULT ''::text NOT NULL,
    subject_id uuid,
    calendar_id uuid,
    ref text DEFAULT ''::text NOT NULL,
    etag text DEFAULT ''::text NOT NULL,
    CONSTRAINT calendar_events_check CHECK ((((starts_at IS NULL) = (ends_at IS NULL)) AND ((start_date IS NULL) = (end_date IS NULL)) AND ((starts_at IS NULL) <> (start_date IS NULL)))),
    CONSTRAINT calendar_events_description_check CHECK ((length(description) <= 5000)),
    CONSTRAINT calendar_events_location_check CHECK ((length(location) <= 200)),
    CONSTRAINT calendar_events_recurrence_id_check CHECK ((length(recurrence_id) <= 40)),
    CONSTRAINT calendar_events_title_check CHECK ((length(title) <= 200)),
    CONSTRAINT calendar_events_uid_check CHECK ((length(uid) <= 255)),
    CONSTRAINT calendar_events_url_check CHECK ((length(url) <= 1000))
);

ALTER TABLE ONLY public.calendar_events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_events OWNER TO study_owner;

CREATE TABLE public.calendar_feeds (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    address bytea NOT NULL,
    host text NOT NULL,
    subject_id uuid,
    asked_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    last_run timestamp with time zone,
    next_run timestamp with time zone NOT NULL,
    added integer NOT NULL,
    changed integer NOT NULL,
    removed integer NOT NULL,
    problems text[] NOT NULL,
    failures integer NOT NULL,
    etag text NOT NULL,
    last_modified text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT calendar_feeds_etag_check CHECK ((length(etag) <= 200)),
    CONSTRAINT calendar_feeds_host_check CHECK ((length(host) <= 253)),
    CONSTRAINT calendar_feeds_last_modified_check CHECK ((length(last_modified) <= 200)),
    CONSTRAINT calendar_feeds_name_check CHECK ((length(name) <= 200))
);

ALTER TABLE ONLY public.calendar_feeds FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_feeds OWNER TO study_owner;

CREATE TABLE public.daily_progress (
    user_id uuid NOT NULL,
    day date NOT NULL,
    subject_id uuid NOT NULL,
    tasks_completed integer DEFAULT 0 NOT NULL,
    with_due integer DEFAULT 0 NOT NULL,
    on_time integer DEFAULT 0 NOT NULL,
    focused_minutes integer DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    late_minutes integer DEFAULT 0 NOT NULL,
    began_at timestamp with time zone,
    CONSTRAINT daily_progress_focused_minutes_check CHECK ((focused_minutes >= 0)),
    CONSTRAINT daily_progress_late_minutes_check CHECK ((late_minutes >= 0)),
    CONSTRAINT daily_progress_on_time_check CHECK ((on_time >= 0)),
    CONSTRAINT daily_progress_tasks_completed_check CHECK ((tasks_completed >= 0)),
    CONSTRAINT daily_progress_with_due_check CHECK ((with_due >= 0))
)
WITH (fillfactor='80');

ALTER TABLE ONLY public.daily_progress FORCE ROW LEVEL SECURITY;

ALTER TABLE public.daily_progress OWNER TO study_owner;

CREATE TABLE public.event_counters (
    user_id uuid NOT NULL,
    last_seq bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.event_counters FORCE ROW LEVEL SECURITY;

ALTER TABLE public.event_counters OWNER TO study_owner;

CREATE TABLE public.events (
    user_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    type text NOT NULL,
    data text NOT NULL
);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.events OWNER TO study_owner;

CREATE TABLE public.exports (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text DEFAULT 'running'::text NOT NULL,
    progress smallint DEFAULT 0 NOT NULL,
    size bigint,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    token text DEFAULT ''::text NOT NULL,
    CONSTRAINT exports_progress_check CHECK (((progress >= 0) AND (progress <= 100))),
    CONSTRAINT exports_status_check CHECK ((status = ANY (ARRAY['running'::text, 'ready'::text, 'failed'::text]))),
    CONSTRAINT exports_token_check CHECK ((length(token) <= 64))
);

ALTER TABLE ONLY public.exports FORCE ROW LEVEL SECURITY;

ALTER TABLE public.exports OWNER TO study_owner;

CREATE TABLE public.focus_presets (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    work_minutes smallint NOT NULL,
    short_break_minutes smallint NOT NULL,
    long_break_minutes smallint NOT NULL,
    cycles smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    fingerprint bytea,
    CONSTRAINT focus_presets_check CHECK (((short_break_minutes >= 1) AND (short_break_minutes <= work_minutes))),
    CONSTRAINT focus_presets_check1 CHECK (((long_break_minutes >= 1) AND (long_break_minutes <= work_minutes))),
    CONSTRAINT focus_presets_cycles_check CHECK (((cycles >= 1) AND (cycles <= 12))),
    CONSTRAINT focus_presets_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT focus_presets_work_minutes_check CHECK (((work_minutes >= 5) AND (work_minutes <= 240)))
);

ALTER TABLE ONLY public.focus_presets FORCE ROW LEVEL SECURITY;

ALTER TABLE public.focus_presets OWNER TO study_owner;

CREATE TABLE public.focus_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    subject_id uuid,
    task_id uuid,
    counted_under uuid,
    planned_minutes smallint NOT NULL,
    work_minutes smallint,
    short_break_minutes smallint,
    long_break_minutes smallint,
    cycles smallint,
    scheduled_at timestamp with time zone,
    started_at timestamp with time zone,
    paused_at timestamp with time zone,
    paused_seconds integer NOT NULL,
    ends_at timestamp with time zone,
    overdue_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_by text,
    effective_minutes smallint NOT NULL,
    day date NOT NULL,
    productivity_rating smallint,
    focus_rating smallint,
    notes text NOT NULL,
    interruptions smallint NOT NULL,
    interruption_notes jsonb NOT NULL,
    backfilled boolean NOT NULL,
    late boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    begins_at timestamp with time zone GENERATED ALWAYS AS (COALESCE(started_at, scheduled_at)) STORED NOT NULL,
    fingerprint bytea,
    last_command_at timestamp with time zone,
    CONSTRAINT focus_sessions_check CHECK (((short_break_minutes >= 1) AND (short_break_minutes <= work_minutes))),
    CONSTRAINT focus_sessions_check1 CHECK (((long_break_minutes >= 1) AND (long_break_minutes <= work_minutes))),
    CONSTRAINT focus_sessions_check10 CHECK (((status = 'paused'::text) = (paused_at IS NOT NULL))),
    CONSTRAINT focus_sessions_check11 CHECK (((status = ANY (ARRAY['active'::text, 'paused'::text])) = (overdue_at IS NOT NULL))),
    CONSTRAINT focus_sessions_check12 CHECK (((status = ANY (ARRAY['completed'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT focus_sessions_check13 CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
    CONSTRAINT focus_sessions_check14 CHECK (((status = 'completed'::text) OR (effective_minutes = 0))),
    CONSTRAINT focus_sessions_check2 CHECK ((paused_at >= started_at)),
    CONSTRAINT focus_sessions_check3 CHECK ((overdue_at <= (started_at + '24:00:00'::interval))),
    CONSTRAINT focus_sessions_check4 CHECK ((ended_at >= started_at)),
    CONSTRAINT focus_sessions_check5 CHECK ((backfilled OR (NOT late))),
    CONSTRAINT focus_sessions_check6 CHECK ((num_nulls(work_minutes, short_break_minutes, long_break_minutes, cycles) = ANY (ARRAY[0, 4]))),
    CONSTRAINT focus_sessions_check7 CHECK (((status <> 'scheduled'::text) OR ((scheduled_at IS NOT NULL) AND (started_at IS NULL)))),
    CONSTRAINT focus_sessions_check8 CHECK (((status <> ALL (ARRAY['active'::text, 'paused'::text, 'completed'::text])) OR (started_at IS NOT NULL))),
    CONSTRAINT focus_sessions_check9 CHECK (((status = 'active'::text) = (ends_at IS NOT NULL))),
    CONSTRAINT focus_sessions_cycles_check CHECK (((cycles >= 1) AND (cycles <= 12))),
    CONSTRAINT focus_sessions_effective_minutes_check CHECK (((effective_minutes >= 0) AND (effective_minutes <= 1440))),
    CONSTRAINT focus_sessions_ended_by_check CHECK ((ended_by = ANY (ARRAY['user'::text, 'forgotten'::text]))),
    CONSTRAINT focus_sessions_focus_rating_check CHECK (((focus_rating >= 1) AND (focus_rating <= 5))),
    CONSTRAINT focus_sessions_interruption_notes_check CHECK ((jsonb_array_length(interruption_notes) <= 100)),
    CONSTRAINT focus_sessions_interruptions_check CHECK (((interruptions >= 0) AND (interruptions <= 1000))),
    CONSTRAINT focus_sessions_notes_check CHECK ((length(notes) <= 2000)),
    CONSTRAINT focus_sessions_paused_seconds_check CHECK (((paused_seconds >= 0) AND (paused_seconds <= 86400))),
    CONSTRAINT focus_sessions_planned_minutes_check CHECK (((planned_minutes >= 5) AND (planned_minutes <= 480))),
    CONSTRAINT focus_sessions_productivity_rating_check CHECK (((productivity_rating >= 1) AND (productivity_rating <= 5))),
    CONSTRAINT focus_sessions_status_check CHECK ((status = ANY (ARRAY['scheduled'::text, 'active'::text, 'paused'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT focus_sessions_type_check CHECK ((type = ANY (ARRAY['pomodoro'::text, 'deep_work'::text, 'custom'::text]))),
    CONSTRAINT focus_sessions_version_check CHECK ((version >= 1)),
    CONSTRAINT focus_sessions_work_minutes_check CHECK (((work_minutes >= 5) AND (work_minutes <= 240)))
);

ALTER TABLE ONLY public.focus_sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.focus_sessions OWNER TO study_owner;

CREATE TABLE public.idempotency_keys (
    user_id uuid NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys OWNER TO study_owner;

CREATE TABLE public.identities (
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT identities_email_check CHECK ((length(email) <= 254)),
    CONSTRAINT identities_issuer_check CHECK ((length(issuer) <= 500)),
    CONSTRAINT identities_subject_check CHECK ((length(subject) <= 255))
);

ALTER TABLE ONLY public.identities FORCE ROW LEVEL SECURITY;

ALTER TABLE public.identities OWNER TO study_owner;

CREATE TABLE public.jobs (
    id bigint NOT NULL,
    user_id uuid,
    kind text NOT NULL,
    lane text NOT NULL,
    payload text NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL,
    leased boolean DEFAULT false NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    unique_key text,
    request_id text DEFAULT ''::text NOT NULL,
    last_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000');

ALTER TABLE ONLY public.jobs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.jobs OWNER TO study_owner;

CREATE TABLE public.jobs_dead (
    id bigint NOT NULL,
    user_id uuid,
    kind text NOT NULL,
    lane text NOT NULL,
    payload text NOT NULL,
    attempt integer NOT NULL,
    request_id text NOT NULL,
    last_error text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    died_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.jobs_dead FORCE ROW LEVEL SECURITY;

ALTER TABLE public.jobs_dead OWNER TO study_owner;

ALTER TABLE public.jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.mail_tokens (
    hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    email text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT mail_tokens_email_check CHECK ((length(email) <= 254)),
    CONSTRAINT mail_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['verify_email'::text, 'reset_password'::text])))
);

ALTER TABLE ONLY public.mail_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE public.mail_tokens OWNER TO study_owner;

CREATE TABLE public.notifications (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    type text NOT NULL,
    title text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    source text NOT NULL,
    read boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    read_at timestamp with time zone,
    CONSTRAINT notifications_body_check CHECK ((length(body) <= 2000)),
    CONSTRAINT notifications_title_check CHECK ((length(title) <= 300))
);

ALTER TABLE ONLY public.notifications FORCE ROW LEVEL SECURITY;

ALTER TABLE public.notifications OWNER TO study_owner;

CREATE TABLE public.pending_sign_ins (
    hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT pending_sign_ins_email_check CHECK ((length(email) <= 254)),
    CONSTRAINT pending_sign_ins_issuer_check CHECK ((length(issuer) <= 500)),
    CONSTRAINT pending_sign_ins_purpose_check CHECK ((purpose = ANY (ARRAY['second_factor'::text, 'link'::text]))),
    CONSTRAINT pending_sign_ins_subject_check CHECK ((length(subject) <= 255))
);

ALTER TABLE ONLY public.pending_sign_ins FORCE ROW LEVEL SECURITY;

ALTER TABLE public.pending_sign_ins OWNER TO study_owner;

CREATE TABLE public.points_ledger (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    rule text NOT NULL,
    object_id uuid NOT NULL,
    version integer NOT NULL,
    points integer NOT NULL,
    local_date date NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.points_ledger FORCE ROW LEVEL SECURITY;

ALTER TABLE public.points_ledger OWNER TO study_owner;

CREATE TABLE public.published_feeds (
    user_id uuid NOT NULL,
    generation bytea NOT NULL,
    subject_id uuid,
    titles_hidden boolean NOT NULL,
    alarm_minutes integer,
    created_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    CONSTRAINT published_feeds_alarm_minutes_check CHECK (((alarm_minutes >= 0) AND (alarm_minutes <= 10080))),
    CONSTRAINT published_feeds_generation_check CHECK ((octet_length(generation) = 8))
);

ALTER TABLE ONLY public.published_feeds FORCE ROW LEVEL SECURITY;

ALTER TABLE public.published_feeds OWNER TO study_owner;

CREATE TABLE public.realtime_tickets (
    hash bytea NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.realtime_tickets FORCE ROW LEVEL SECURITY;

ALTER TABLE public.realtime_tickets OWNER TO study_owner;

CREATE TABLE public.recovery_codes (
    user_id uuid NOT NULL,
    hash bytea NOT NULL,
    used_at timestamp with time zone
);

ALTER TABLE ONLY public.recovery_codes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.recovery_codes OWNER TO study_owner;

CREATE TABLE public.schedules (
    name text NOT NULL,
    slot bigint NOT NULL
);

ALTER TABLE public.schedules OWNER TO study_owner;

CREATE TABLE public.sealing_check (
    key_id text NOT NULL,
    value bytea NOT NULL,
    CONSTRAINT sealing_check_key_id_check CHECK ((length(key_id) <= 32))
);

ALTER TABLE public.sealing_check OWNER TO study_owner;

CREATE TABLE public.second_factors (
    user_id uuid NOT NULL,
    secret bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.second_factors FORCE ROW LEVEL SECURITY;

ALTER TABLE public.second_factors OWNER TO study_owner;

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    generation integer DEFAULT 0 NOT NULL,
    rotated_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    absolute_expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    client text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    CONSTRAINT sessions_address_check CHECK ((length(address) <= 45)),
    CONSTRAINT sessions_client_check CHECK ((length(client) <= 300))
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sessions OWNER TO study_owner;

CREATE TABLE public.sign_in_flows (
    hash bytea NOT NULL,
    verifier text NOT NULL,
    nonce text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_flows_nonce_check CHECK ((length(nonce) <= 128)),
    CONSTRAINT sign_in_flows_verifier_check CHECK ((length(verifier) <= 128))
);

ALTER TABLE ONLY public.sign_in_flows FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sign_in_flows OWNER TO study_owner;

CREATE TABLE public.subjects (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    color text NOT NULL,
    icon text,
    description text DEFAULT ''::text NOT NULL,
    resources jsonb DEFAULT '[]'::jsonb NOT NULL,
    weekly_target_minutes integer,
    archived boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    words tsvector DEFAULT ''::tsvector NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    fingerprint bytea,
    CONSTRAINT subjects_color_check CHECK ((color ~ '^#[0-9a-fA-F]{6}$'::text)),
    CONSTRAINT subjects_description_check CHECK ((length(description) <= 500)),
    CONSTRAINT subjects_icon_check CHECK ((length(icon) <= 50)),
    CONSTRAINT subjects_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT subjects_weekly_target_minutes_check CHECK (((weekly_target_minutes >= 1) AND (weekly_target_minutes <= 10080)))
);

ALTER TABLE ONLY public.subjects FORCE ROW LEVEL SECURITY;

ALTER TABLE public.subjects OWNER TO study_owner;

CREATE TABLE public.subtasks (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    task_id uuid NOT NULL,
    title text NOT NULL,
    completed boolean DEFAULT false NOT NULL,
    "position" integer NOT NULL,
    estimated_minutes integer,
    due_date date,
    completed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    words tsvector DEFAULT ''::tsvector NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    fingerprint bytea,
    CONSTRAINT subtasks_estimated_minutes_check CHECK (((estimated_minutes >= 1) AND (estimated_minutes <= 10080))),
    CONSTRAINT subtasks_position_check CHECK ((("position" >= 0) AND ("position" <= 199))),
    CONSTRAINT subtasks_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);

ALTER TABLE ONLY public.subtasks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.subtasks OWNER TO study_owner;

CREATE TABLE public.task_changes (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    task_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    subtask_id uuid,
    changes jsonb NOT NULL,
    undone boolean DEFAULT false NOT NULL,
    CONSTRAINT task_changes_kind_check CHECK ((kind = ANY (ARRAY['updated'::text, 'completed'::text, 'reopened'::text, 'step_added'::text, 'step_updated'::text, 'step_removed'::text, 'steps_ordered'::text])))
);

ALTER TABLE ONLY public.task_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.task_changes OWNER TO study_owner;

CREATE TABLE public.task_series (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    rule text NOT NULL,
    mode text NOT NULL,
    missed text NOT NULL,
    exdates text[] DEFAULT '{}'::text[] NOT NULL,
    starts text NOT NULL,
    ends_before text,
    time_zone text NOT NULL,
    previous_id uuid,
    title text NOT NULL,
    description text NOT NULL,
    subject_id uuid,
    priority text NOT NULL,
    estimated_minutes integer,
    labels text[] NOT NULL,
    start_days integer,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT task_series_description_check CHECK ((length(description) <= 10000)),
    CONSTRAINT task_series_ends_before_check CHECK ((length(ends_before) = ANY (ARRAY[10, 19]))),
    CONSTRAINT task_series_estimated_minutes_check CHECK (((estimated_minutes >= 1) AND (estimated_minutes <= 10080))),
    CONSTRAINT task_series_exdates_check CHECK ((cardinality(exdates) <= 1000)),
    CONSTRAINT task_series_labels_check CHECK ((cardinality(labels) <= 20)),
    CONSTRAINT task_series_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'keep'::text]))),
    CONSTRAINT task_series_mode_check CHECK ((mode = ANY (ARRAY['schedule'::text, 'after_completion'::text]))),
    CONSTRAINT task_series_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT task_series_rule_check CHECK (((length(rule) >= 1) AND (length(rule) <= 500))),
    CONSTRAINT task_series_starts_check CHECK ((length(starts) = ANY (ARRAY[10, 19]))),
    CONSTRAINT task_series_time_zone_check CHECK ((length(time_zone) <= 64)),
    CONSTRAINT task_series_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);

ALTER TABLE ONLY public.task_series FORCE ROW LEVEL SECURITY;

ALTER TABLE public.task_series OWNER TO study_owner;

CREATE TABLE public.tasks (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    subject_id uuid,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    priority text DEFAULT 'medium'::text NOT NULL,
    priority_rank smallint GENERATED ALWAYS AS (
CASE priority
    WHEN 'urgent'::text THEN 0
    WHEN 'high'::text THEN 1
    WHEN 'medium'::text THEN 2
    ELSE 3
END) STORED NOT NULL,
    due_date date,
    due_at timestamp with time zone,
    due_zone text,
    due_sort timestamp with time zone GENERATED ALWAYS AS (COALESCE(due_at, (((due_date + 1))::timestamp without time zone AT TIME ZONE COALESCE(due_zone, 'UTC'::text)), 'infinity'::timestamp with time zone)) STORED NOT NULL,
    start_date date,
    estimated_minutes integer,
    actual_minutes integer DEFAULT 0 NOT NULL,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    subtask_count integer DEFAULT 0 NOT NULL,
    subtasks_completed integer DEFAULT 0 NOT NULL,
    completed_at timestamp with time zone,
    completed_on date,
    on_time boolean,
    completed_under uuid,
    completions integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    series_id uuid,
    occurrence text,
    recurrence jsonb,
    overridden text[] DEFAULT '{}'::text[] NOT NULL,
    follows uuid,
    words tsvector DEFAULT ''::tsvector NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    fingerprint bytea,
    CONSTRAINT tasks_actual_minutes_check CHECK ((actual_minutes >= 0)),
    CONSTRAINT tasks_check CHECK (((subtasks_completed >= 0) AND (subtasks_completed <= subtask_count))),
    CONSTRAINT tasks_check1 CHECK (((due_date IS NULL) OR (due_at IS NULL))),
    CONSTRAINT tasks_check2 CHECK (((status = 'completed'::text) = (completed_at IS NOT NULL))),
    CONSTRAINT tasks_description_check CHECK ((length(description) <= 10000)),
    CONSTRAINT tasks_estimated_minutes_check CHECK (((estimated_minutes >= 1) AND (estimated_minutes <= 10080))),
    CONSTRAINT tasks_labels_check CHECK ((cardinality(labels) <= 20)),
    CONSTRAINT tasks_occurrence_check CHECK ((length(occurrence) = ANY (ARRAY[10, 19]))),
    CONSTRAINT tasks_overridden_check CHECK ((cardinality(overridden) <= 20)),
    CONSTRAINT tasks_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT tasks_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'in_progress'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT tasks_subtask_count_check CHECK (((subtask_count >= 0) AND (subtask_count <= 200))),
    CONSTRAINT tasks_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);

ALTER TABLE ONLY public.tasks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tasks OWNER TO study_owner;

CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    role text DEFAULT 'student'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    day_start smallint DEFAULT 240 NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    week_start smallint DEFAULT 1 NOT NULL,
    email_verified_at timestamp with time zone,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    avatar text,
    deletion_at timestamp with time zone,
    CONSTRAINT users_avatar_check CHECK ((length(avatar) <= 200)),
    CONSTRAINT users_day_start_check CHECK (((day_start >= 0) AND (day_start <= 1439))),
    CONSTRAINT users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['student'::text, 'operator'::text]))),
    CONSTRAINT users_week_start_check CHECK (((week_start >= 1) AND (week_start <= 7)))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

ALTER TABLE public.users OWNER TO study_owner;

ALTER TABLE ONLY public.account_calendars
    ADD CONSTRAINT account_calendars_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.account_calendars
    ADD CONSTRAINT account_calendars_user_id_account_id_ref_key UNIQUE (user_id, account_id, ref);

ALTER TABLE ONLY public.ai_assessed_exercises
    ADD CONSTRAINT ai_assessed_exercises_pkey PRIMARY KEY (user_id, digest);

ALTER TABLE ONLY public.ai_calls
    ADD CONSTRAINT ai_calls_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.ai_chats
    ADD CONSTRAINT ai_chats_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.ai_days
    ADD CONSTRAINT ai_days_pkey PRIMARY KEY (user_id, day);

ALTER TABLE ONLY public.ai_facts
    ADD CONSTRAINT ai_facts_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.ai_keys
    ADD CONSTRAINT ai_keys_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.ai_messages
    ADD CONSTRAINT ai_messages_pkey PRIMARY KEY (user_id, id);

ALTER TABLE public.ai_pages
    ADD CONSTRAINT ai_pages_embedding CHECK ((octet_length(embedding) = ANY (ARRAY[0, 768]))) NOT VALID;

ALTER TABLE ONLY public.ai_pages
    ADD CONSTRAINT ai_pages_pkey PRIMARY KEY (user_id, attachment_id, part);

ALTER TABLE ONLY public.ai_proposals
    ADD CONSTRAINT ai_proposals_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.ai_questions
    ADD CONSTRAINT ai_questions_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.ai_settings
    ADD CONSTRAINT ai_settings_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.ai_totals
    ADD CONSTRAINT ai_totals_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.audit_anonymous
    ADD CONSTRAINT audit_anonymous_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (user_id, seq);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_previous_key UNIQUE (previous);

ALTER TABLE ONLY public.calendar_accounts
    ADD CONSTRAINT calendar_accounts_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.calendar_accounts
    ADD CONSTRAINT calendar_accounts_user_id_provider_owner_key_key UNIQUE (user_id, provider, owner_key);

ALTER TABLE ONLY public.calendar_changes
    ADD CONSTRAINT calendar_changes_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.calendar_channels
    ADD CONSTRAINT calendar_channels_pkey PRIMARY KEY (user_id, calendar_id);

ALTER TABLE ONLY public.calendar_conflicts
    ADD CONSTRAINT calendar_conflicts_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.calendar_connections
    ADD CONSTRAINT calendar_connections_pkey PRIMARY KEY (user_id, hash);

ALTER TABLE ONLY public.calendar_copies
    ADD CONSTRAINT calendar_copies_pkey PRIMARY KEY (user_id, calendar_id, session_id);

ALTER TABLE ONLY public.calendar_copies
    ADD CONSTRAINT calendar_copies_user_id_calendar_id_ref_key UNIQUE (user_id, calendar_id, ref);

ALTER TABLE ONLY public.calendar_courses
    ADD CONSTRAINT calendar_courses_pkey PRIMARY KEY (user_id, course);

ALTER TABLE public.calendar_events
    ADD CONSTRAINT calendar_events_course CHECK ((length(course) <= 100)) NOT VALID;

ALTER TABLE public.calendar_events
    ADD CONSTRAINT calendar_events_etag CHECK ((length(etag) <= 300)) NOT VALID;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_pkey PRIMARY KEY (user_id, id);

ALTER TABLE public.calendar_events
    ADD CONSTRAINT calendar_events_ref CHECK ((length(ref) <= 2000)) NOT VALID;

ALTER TABLE public.calendar_events
    ADD CONSTRAINT calendar_events_source CHECK (((feed_id IS NULL) <> (calendar_id IS NULL))) NOT VALID;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_user_id_feed_id_uid_recurrence_id_key UNIQUE (user_id, feed_id, uid, recurrence_id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.daily_progress
    ADD CONSTRAINT daily_progress_pkey PRIMARY KEY (user_id, day, subject_id);

ALTER TABLE ONLY public.event_counters
    ADD CONSTRAINT event_counters_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (user_id, seq);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.focus_presets
    ADD CONSTRAINT focus_presets_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.focus_sessions
    ADD CONSTRAINT focus_sessions_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, scope, key);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_issuer_subject_key UNIQUE (issuer, subject);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (user_id, issuer, subject);

ALTER TABLE ONLY public.jobs_dead
    ADD CONSTRAINT jobs_dead_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_user_id_source_key UNIQUE (user_id, source);

ALTER TABLE ONLY public.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.points_ledger
    ADD CONSTRAINT points_ledger_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.points_ledger
    ADD CONSTRAINT points_ledger_user_id_rule_object_id_version_key UNIQUE (user_id, rule, object_id, version);

ALTER TABLE ONLY public.published_feeds
    ADD CONSTRAINT published_feeds_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.realtime_tickets
    ADD CONSTRAINT realtime_tickets_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash);

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sealing_check
    ADD CONSTRAINT sealing_check_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY public.second_factors
    ADD CONSTRAINT second_factors_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sign_in_flows
    ADD CONSTRAINT sign_in_flows_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT subjects_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.subtasks
    ADD CONSTRAINT subtasks_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.subtasks
    ADD CONSTRAINT subtasks_user_id_task_id_position_key UNIQUE (user_id, task_id, "position") DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_pkey PRIMARY KEY (user_id, task_id, id);

ALTER TABLE ONLY public.task_series
    ADD CONSTRAINT task_series_pkey PRIMARY KEY (user_id, id);

ALTER TABLE public.tasks
    ADD CONSTRAINT tasks_occurrence CHECK (((series_id IS NULL) OR (occurrence IS NOT NULL))) NOT VALID;

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX ai_assessed_exercises_old ON public.ai_assessed_exercises USING btree (created_at);

CREATE INDEX ai_calls_day ON public.ai_calls USING btree (user_id, day, id);

CREATE INDEX ai_calls_old ON public.ai_calls USING btree (created_at);

CREATE INDEX ai_calls_open ON public.ai_calls USING btree (created_at) WHERE (settled_at IS NULL);

CREATE INDEX ai_chats_latest ON public.ai_chats USING btree (user_id, updated_at, id);

CREATE INDEX ai_chats_problem ON public.ai_chats USING btree (user_id, problem);

CREATE INDEX ai_chats_subject ON public.ai_chats USING btree (user_id, subject_id);

CREATE INDEX ai_chats_task ON public.ai_chats USING btree (user_id, task_id);

CREATE INDEX ai_days_old ON public.ai_days USING btree (day);

CREATE INDEX ai_facts_message ON public.ai_facts USING btree (user_id, message_id);

CREATE INDEX ai_messages_chat ON public.ai_messages USING btree (user_id, chat_id, id);

CREATE INDEX ai_pages_unembedded ON public.ai_pages USING btree (user_id, attachment_id) WHERE (embedding IS NULL);

CREATE INDEX ai_proposals_old ON public.ai_proposals USING btree (created_at);

CREATE INDEX ai_proposals_same ON public.ai_proposals USING btree (user_id, fingerprint, created_at);

CREATE INDEX ai_questions_subject ON public.ai_questions USING btree (user_id, subject_id);

CREATE INDEX ai_questions_task ON public.ai_questions USING btree (user_id, task_id);

CREATE INDEX attachments_task ON public.attachments USING btree (user_id, task_id, id);

CREATE INDEX attachments_waiting ON public.attachments USING btree (created_at) WHERE (status = 'waiting'::text);

CREATE INDEX audit_anonymous_sealed ON public.audit_anonymous USING btree (sealed_in, id);

CREATE INDEX audit_anonymous_unsealed ON public.audit_anonymous USING btree (id) WHERE (sealed_in IS NULL);

CREATE INDEX calendar_accounts_next_sync ON public.calendar_accounts USING btree (next_sync_at) WHERE (state <> 'reconnect'::text);

CREATE INDEX calendar_changes_at ON public.calendar_changes USING btree (at);

CREATE INDEX calendar_changes_feed ON public.calendar_changes USING btree (user_id, feed_id, id);

CREATE INDEX calendar_changes_task ON public.calendar_changes USING btree (user_id, task_id);

CREATE INDEX calendar_channels_channel ON public.calendar_channels USING btree (provider, channel);

CREATE INDEX calendar_channels_expires ON public.calendar_channels USING btree (expires_at);

CREATE INDEX calendar_conflicts_account ON public.calendar_conflicts USING btree (user_id, account_id);

CREATE INDEX calendar_conflicts_at ON public.calendar_conflicts USING btree (at);

CREATE INDEX calendar_connections_expires ON public.calendar_connections USING btree (expires_at);

CREATE UNIQUE INDEX calendar_connections_hash ON public.calendar_connections USING btree (hash);

CREATE INDEX calendar_courses_subject ON public.calendar_courses USING btree (user_id, subject_id);

CREATE INDEX calendar_events_day ON public.calendar_events USING btree (user_id, start_date);

CREATE UNIQUE INDEX calendar_events_place ON public.calendar_events USING btree (user_id, calendar_id, ref, recurrence_id) WHERE (calendar_id IS NOT NULL);

CREATE INDEX calendar_events_removed ON public.calendar_events USING btree (removed_at) WHERE (removed_at IS NOT NULL);

CREATE INDEX calendar_events_start ON public.calendar_events USING btree (user_id, starts_at);

CREATE INDEX calendar_events_subject ON public.calendar_events USING btree (user_id, subject_id);

CREATE INDEX calendar_events_task ON public.calendar_events USING btree (user_id, task_id);

CREATE INDEX calendar_feeds_next_run ON public.calendar_feeds USING btree (next_run);

CREATE INDEX calendar_feeds_subject ON public.calendar_feeds USING btree (user_id, subject_id);

CREATE INDEX events_at ON public.events USING brin (at);

CREATE INDEX exports_created ON public.exports USING btree (created_at);

CREATE UNIQUE INDEX focus_presets_name ON public.focus_presets USING btree (user_id, lower(name));

CREATE INDEX focus_sessions_overdue ON public.focus_sessions USING btree (overdue_at) WHERE (overdue_at IS NOT NULL);

CREATE UNIQUE INDEX focus_sessions_running ON public.focus_sessions USING btree (user_id) WHERE (status = ANY (ARRAY['active'::text, 'paused'::text]));

CREATE INDEX focus_sessions_sorted ON public.focus_sessions USING btree (user_id, begins_at, id);

CREATE INDEX focus_sessions_subject ON public.focus_sessions USING btree (user_id, subject_id);

CREATE INDEX focus_sessions_task ON public.focus_sessions USING btree (user_id, task_id);

CREATE INDEX idempotency_keys_created ON public.idempotency_keys USING btree (created_at);

CREATE UNIQUE INDEX identities_id ON public.identities USING btree (user_id, id);

CREATE INDEX jobs_dead_died ON public.jobs_dead USING btree (died_at);

CREATE INDEX jobs_dead_user ON public.jobs_dead USING btree (user_id);

CREATE INDEX jobs_due ON public.jobs USING btree (lane, leased, run_at);

CREATE UNIQUE INDEX jobs_unique ON public.jobs USING btree (kind, unique_key) WHERE (unique_key IS NOT NULL);

CREATE INDEX jobs_user ON public.jobs USING btree (user_id);

CREATE INDEX mail_tokens_expires ON public.mail_tokens USING btree (expires_at);

CREATE INDEX mail_tokens_user ON public.mail_tokens USING btree (user_id);

CREATE INDEX notifications_sorted ON public.notifications USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX notifications_unread ON public.notifications USING btree (user_id) WHERE (NOT read);

CREATE INDEX pending_sign_ins_expires ON public.pending_sign_ins USING btree (expires_at);

CREATE INDEX pending_sign_ins_user ON public.pending_sign_ins USING btree (user_id);

CREATE INDEX points_ledger_at ON public.points_ledger USING btree (user_id, at DESC, id DESC);

CREATE INDEX points_ledger_day ON public.points_ledger USING btree (user_id, local_date, rule);

CREATE INDEX published_feeds_subject ON public.published_feeds USING btree (user_id, subject_id);

CREATE INDEX realtime_tickets_expires ON public.realtime_tickets USING btree (expires_at);

CREATE INDEX realtime_tickets_session ON public.realtime_tickets USING btree (session_id);

CREATE INDEX realtime_tickets_user ON public.realtime_tickets USING btree (user_id);

CREATE INDEX sessions_ended ON public.sessions USING btree (absolute_expires_at);

CREATE INDEX sessions_revoked ON public.sessions USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);

CREATE INDEX sign_in_flows_expires ON public.sign_in_flows USING btree (expires_at);

CREATE UNIQUE INDEX subjects_name ON public.subjects USING btree (user_id, lower(name));

CREATE INDEX subjects_sorted ON public.subjects USING btree (user_id, lower(name) COLLATE "C", id);

CREATE INDEX subtasks_due ON public.subtasks USING btree (user_id, due_date) WHERE ((NOT completed) AND (due_date IS NOT NULL));

CREATE INDEX task_changes_at ON public.task_changes USING brin (at);

CREATE INDEX task_series_previous ON public.task_series USING btree (user_id, previous_id) WHERE (previous_id IS NOT NULL);

CREATE INDEX task_series_subject ON public.task_series USING btree (user_id, subject_id) WHERE (subject_id IS NOT NULL);

CREATE INDEX tasks_created ON public.tasks USING btree (user_id, created_at, id);

CREATE INDEX tasks_due ON public.tasks USING btree (user_id, due_sort, id);

CREATE UNIQUE INDEX tasks_occurrence_once ON public.tasks USING btree (user_id, series_id, occurrence) WHERE (series_id IS NOT NULL);

CREATE INDEX tasks_priority ON public.tasks USING btree (user_id, priority_rank, id);

CREATE INDEX tasks_subject ON public.tasks USING btree (user_id, subject_id);

CREATE INDEX tasks_title ON public.tasks USING btree (user_id, lower(title) COLLATE "C", id);

CREATE INDEX tasks_updated ON public.tasks USING btree (user_id, updated_at, id);

CREATE INDEX users_deletion ON public.users USING btree (deletion_at) WHERE (deletion_at IS NOT NULL);

CREATE UNIQUE INDEX users_email ON public.users USING btree (email);

ALTER TABLE ONLY public.account_calendars
    ADD CONSTRAINT account_calendars_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES public.calendar_accounts(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_calendars
    ADD CONSTRAINT account_calendars_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_assessed_exercises
    ADD CONSTRAINT ai_assessed_exercises_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_calls
    ADD CONSTRAINT ai_calls_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_chats
    ADD CONSTRAINT ai_chats_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_chats
    ADD CONSTRAINT ai_chats_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id);

ALTER TABLE ONLY public.ai_chats
    ADD CONSTRAINT ai_chats_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE SET NULL (task_id);

ALTER TABLE ONLY public.ai_days
    ADD CONSTRAINT ai_days_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_facts
    ADD CONSTRAINT ai_facts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_facts
    ADD CONSTRAINT ai_facts_user_id_message_id_fkey FOREIGN KEY (user_id, message_id) REFERENCES public.ai_messages(user_id, id) ON DELETE SET NULL (message_id);

ALTER TABLE ONLY public.ai_keys
    ADD CONSTRAINT ai_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_messages
    ADD CONSTRAINT ai_messages_user_id_chat_id_fkey FOREIGN KEY (user_id, chat_id) REFERENCES public.ai_chats(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_messages
    ADD CONSTRAINT ai_messages_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_pages
    ADD CONSTRAINT ai_pages_user_id_attachment_id_fkey FOREIGN KEY (user_id, attachment_id) REFERENCES public.attachments(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_pages
    ADD CONSTRAINT ai_pages_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_proposals
    ADD CONSTRAINT ai_proposals_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_questions
    ADD CONSTRAINT ai_questions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_questions
    ADD CONSTRAINT ai_questions_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id);

ALTER TABLE ONLY public.ai_questions
    ADD CONSTRAINT ai_questions_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE SET NULL (task_id);

ALTER TABLE ONLY public.ai_settings
    ADD CONSTRAINT ai_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audit_anonymous
    ADD CONSTRAINT audit_anonymous_sealed_in_fkey FOREIGN KEY (sealed_in) REFERENCES public.audit_seals(id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_accounts
    ADD CONSTRAINT calendar_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_changes
    ADD CONSTRAINT calendar_changes_user_id_feed_id_fkey FOREIGN KEY (user_id, feed_id) REFERENCES public.calendar_feeds(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_changes
    ADD CONSTRAINT calendar_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_changes
    ADD CONSTRAINT calendar_changes_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE SET NULL (task_id);

ALTER TABLE ONLY public.calendar_channels
    ADD CONSTRAINT calendar_channels_user_id_calendar_id_fkey FOREIGN KEY (user_id, calendar_id) REFERENCES public.account_calendars(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_channels
    ADD CONSTRAINT calendar_channels_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_conflicts
    ADD CONSTRAINT calendar_conflicts_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES public.calendar_accounts(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_conflicts
    ADD CONSTRAINT calendar_conflicts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_connections
    ADD CONSTRAINT calendar_connections_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_copies
    ADD CONSTRAINT calendar_copies_user_id_calendar_id_fkey FOREIGN KEY (user_id, calendar_id) REFERENCES public.account_calendars(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_copies
    ADD CONSTRAINT calendar_copies_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_courses
    ADD CONSTRAINT calendar_courses_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_courses
    ADD CONSTRAINT calendar_courses_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_calendar FOREIGN KEY (user_id, calendar_id) REFERENCES public.account_calendars(user_id, id) ON DELETE CASCADE NOT VALID;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_subject FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id) NOT VALID;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_user_id_feed_id_fkey FOREIGN KEY (user_id, feed_id) REFERENCES public.calendar_feeds(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_events
    ADD CONSTRAINT calendar_events_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE SET NULL (task_id);

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_feeds
    ADD CONSTRAINT calendar_feeds_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id);

ALTER TABLE ONLY public.daily_progress
    ADD CONSTRAINT daily_progress_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.event_counters
    ADD CONSTRAINT event_counters_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.focus_presets
    ADD CONSTRAINT focus_presets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.focus_sessions
    ADD CONSTRAINT focus_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.focus_sessions
    ADD CONSTRAINT focus_sessions_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id);

ALTER TABLE ONLY public.focus_sessions
    ADD CONSTRAINT focus_sessions_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE SET NULL (task_id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.jobs_dead
    ADD CONSTRAINT jobs_dead_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.points_ledger
    ADD CONSTRAINT points_ledger_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.published_feeds
    ADD CONSTRAINT published_feeds_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.published_feeds
    ADD CONSTRAINT published_feeds_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.realtime_tickets
    ADD CONSTRAINT realtime_tickets_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.realtime_tickets
    ADD CONSTRAINT realtime_tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.second_factors
    ADD CONSTRAINT second_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.subjects
    ADD CONSTRAINT subjects_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.subtasks
    ADD CONSTRAINT subtasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.subtasks
    ADD CONSTRAINT subtasks_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_user_id_task_id_fkey FOREIGN KEY (user_id, task_id) REFERENCES public.tasks(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task_series
    ADD CONSTRAINT task_series_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task_series
    ADD CONSTRAINT task_series_user_id_previous_id_fkey FOREIGN KEY (user_id, previous_id) REFERENCES public.task_series(user_id, id) ON DELETE SET NULL (previous_id);

ALTER TABLE ONLY public.task_series
    ADD CONSTRAINT task_series_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_series FOREIGN KEY (user_id, series_id) REFERENCES public.task_series(user_id, id) ON DELETE SET NULL (series_id) NOT VALID;

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_user_id_subject_id_fkey FOREIGN KEY (user_id, subject_id) REFERENCES public.subjects(user_id, id) ON DELETE SET NULL (subject_id);

ALTER TABLE public.account_calendars ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_assessed_exercises ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_calls ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_chats ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_facts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_messages ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_pages ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_proposals ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_questions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attachments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_anonymous ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_seals ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_accounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_channels ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_conflicts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_copies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_courses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.daily_progress ENABLE ROW LEVEL SECURITY;

CREATE POLICY enqueue ON public.jobs FOR INSERT WITH CHECK (((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")) OR (user_id IS NULL)));

ALTER TABLE public.event_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.exports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.focus_presets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.focus_sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.identities ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.jobs_dead ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mail_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;

CREATE POLICY operate ON public.ai_keys FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate ON public.calendar_accounts FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate ON public.calendar_feeds FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate ON public.second_factors FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate ON public.users FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate_seals ON public.ai_keys FOR UPDATE USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate_seals ON public.calendar_accounts FOR UPDATE USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate_seals ON public.calendar_feeds FOR UPDATE USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY operate_seals ON public.second_factors FOR UPDATE USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'operate'::text));

CREATE POLICY owner ON public.account_calendars USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_assessed_exercises USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_calls USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_chats USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_days USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_facts USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_keys USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_messages USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_pages USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_proposals USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_questions USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.ai_settings USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.api_keys USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.attachments USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.audit_heads USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.audit_log FOR SELECT USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_accounts USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_changes USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_channels USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_conflicts USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_connections USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_copies USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_courses USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_events USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.calendar_feeds USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.daily_progress USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.event_counters USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.events USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.exports USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.focus_presets USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.focus_sessions USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.idempotency_keys USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.identities USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.mail_tokens USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.notifications USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.pending_sign_ins USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.points_ledger USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.published_feeds USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.realtime_tickets USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.recovery_codes USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.second_factors USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.sessions USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.subjects USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.subtasks USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.task_changes USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.task_series USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.tasks USING ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner ON public.users USING ((id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY owner_adds ON public.audit_log FOR INSERT WITH CHECK ((user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS "nullif")));

ALTER TABLE public.pending_sign_ins ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.points_ledger ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.published_feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.realtime_tickets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;

CREATE POLICY relay ON public.event_counters FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'relay'::text));

CREATE POLICY relay ON public.sessions FOR SELECT USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'relay'::text) AND (revoked_at IS NOT NULL)));

ALTER TABLE public.second_factors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY sign_in ON public.api_keys FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.audit_anonymous FOR INSERT WITH CHECK (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text) AND (sealed_in IS NULL)));

CREATE POLICY sign_in ON public.calendar_channels FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.calendar_connections FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.identities FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.mail_tokens FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.pending_sign_ins FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.realtime_tickets USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.sessions FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.sign_in_flows USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

CREATE POLICY sign_in ON public.users FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

ALTER TABLE public.sign_in_flows ENABLE ROW LEVEL SECURITY;

CREATE POLICY sign_in_takes ON public.mail_tokens FOR DELETE USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'sign_in'::text));

ALTER TABLE public.subjects ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.subtasks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.task_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.task_series ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;

CREATE POLICY tidy ON public.ai_assessed_exercises USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (created_at < (now() - '365 days'::interval))));

CREATE POLICY tidy ON public.ai_calls USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND ((created_at < (now() - '90 days'::interval)) OR ((settled_at IS NULL) AND (created_at < (now() - '00:02:00'::interval))))));

CREATE POLICY tidy ON public.ai_days USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (day < (now() - '90 days'::interval))));

CREATE POLICY tidy ON public.ai_pages FOR SELECT USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (embedding IS NULL)));

CREATE POLICY tidy ON public.ai_proposals USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (created_at < (now() - '90 days'::interval))));

CREATE POLICY tidy ON public.attachments FOR SELECT USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (status = 'waiting'::text) AND (created_at < (now() - '1 day'::interval))));

CREATE POLICY tidy ON public.audit_anonymous FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = ANY (ARRAY['tidy'::text, 'operate'::text])));

CREATE POLICY tidy ON public.audit_seals FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = ANY (ARRAY['tidy'::text, 'operate'::text])));

CREATE POLICY tidy ON public.calendar_accounts FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text));

CREATE POLICY tidy ON public.calendar_changes USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (at < (now() - '90 days'::interval))));

CREATE POLICY tidy ON public.calendar_channels USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (expires_at < now())));

CREATE POLICY tidy ON public.calendar_conflicts USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (at < (now() - '90 days'::interval))));

CREATE POLICY tidy ON public.calendar_connections USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (expires_at < now())));

CREATE POLICY tidy ON public.calendar_events USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (removed_at < (now() - '90 days'::interval))));

CREATE POLICY tidy ON public.calendar_feeds FOR SELECT USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text));

CREATE POLICY tidy ON public.events USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (at < (now() - '30 days'::interval))));

CREATE POLICY tidy ON public.exports FOR SELECT USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (created_at < (now() - '7 days'::interval)) AND COALESCE((finished_at < (now() - '7 days'::interval)), true)));

CREATE POLICY tidy ON public.focus_sessions FOR SELECT USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (overdue_at IS NOT NULL)));

CREATE POLICY tidy ON public.idempotency_keys USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (created_at < (now() - '24:00:00'::interval))));

CREATE POLICY tidy ON public.jobs_dead USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (died_at < (now() - '30 days'::interval))));

CREATE POLICY tidy ON public.mail_tokens USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (expires_at < now())));

CREATE POLICY tidy ON public.pending_sign_ins USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (expires_at < now())));

CREATE POLICY tidy ON public.realtime_tickets USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (expires_at < now())));

CREATE POLICY tidy ON public.sessions USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (absolute_expires_at < (now() - '1 day'::interval))));

CREATE POLICY tidy ON public.sign_in_flows USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (expires_at < now())));

CREATE POLICY tidy ON public.task_changes USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (at < (now() - '365 days'::interval))));

CREATE POLICY tidy ON public.users FOR SELECT USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (deletion_at < now())));

CREATE POLICY tidy_seals ON public.audit_anonymous FOR UPDATE USING (((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text) AND (sealed_in IS NULL))) WITH CHECK ((sealed_in IS NOT NULL));

CREATE POLICY tidy_seals ON public.audit_seals FOR INSERT WITH CHECK ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = 'tidy'::text));

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

CREATE POLICY worker ON public.jobs USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = ANY (ARRAY['worker'::text, 'operate'::text])));

CREATE POLICY worker ON public.jobs_dead USING ((( SELECT current_setting('app.purpose'::text, true) AS current_setting) = ANY (ARRAY['worker'::text, 'operate'::text])));

GRANT USAGE ON SCHEMA public TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_calendars TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_assessed_exercises TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_calls TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_chats TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_days TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_facts TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_keys TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_messages TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_pages TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_proposals TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_questions TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_settings TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_totals TO study_app;

GRANT SELECT ON TABLE public.alembic_version TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attachments TO study_app;

GRANT SELECT,INSERT ON TABLE public.audit_anonymous TO study_app;

GRANT UPDATE(sealed_in) ON TABLE public.audit_anonymous TO study_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_heads TO study_app;

GRANT SELECT,INSERT ON TABLE public.audit_log TO study_app;

GRANT SELECT,INSERT ON TABLE public.audit_seals TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_accounts TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_changes TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_channels TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_conflicts TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_connections TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_copies TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_courses TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_events TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendar_feeds TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.daily_progress TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_counters TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.exports TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.focus_presets TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.focus_sessions TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.identities TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jobs TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jobs_dead TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mail_tokens TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notifications TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pending_sign_ins TO study_app;

GRANT SELECT,INSERT ON TABLE public.points_ledger TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.published_feeds TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.realtime_tickets TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.recovery_codes TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.schedules TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sealing_check TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.second_factors TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sign_in_flows TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subjects TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subtasks TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.task_changes TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.task_series TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tasks TO study_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO study_app;
