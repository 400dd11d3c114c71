import { Checkbox, NumberInput, PasswordInput, Select, TagsInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";

import type { SourceList, SourceSettings } from "@/api/types";
import type { SourceDraft } from "./source-draft";
import { FilterFields } from "./source-filter-fields";
import classes from "./sources.module.css";

type Of<Kind extends SourceSettings["kind"]> = Extract<SourceSettings, { readonly kind: Kind }>;

interface SourceFieldsProps {
  readonly draft: SourceDraft;
  readonly list: SourceList;
  readonly hasSecret: boolean;
  readonly onChange: (part: Partial<SourceDraft>) => void;
}

/** The fields of a source's own kind, and no others. */
export function SourceFields({ draft, list, hasSecret, onChange }: SourceFieldsProps) {
  const { settings } = draft;
  function set(next: SourceSettings) {
    onChange({ settings: next });
  }
  function secret(name: string, label: string) {
    return (
      <SecretField
        label={label}
        isKept={hasSecret}
        value={draft.secrets[name] ?? ""}
        onChange={(text) => onChange({ secrets: text ? { [name]: text } : {} })}
      />
    );
  }
  switch (settings.kind) {
    case "folder":
      return <FolderFields settings={settings} roots={list.watch_roots} onChange={set} />;
    case "s3":
      return (
        <S3Fields settings={settings} secret={secret("secret_key", "Secret key")} onChange={set} />
      );
    case "dicomweb":
      return (
        <WebFields
          settings={settings}
          secret={settings.user ? secret("password", "Password") : secret("token", "Token")}
          onChange={set}
        />
      );
    case "pacs":
      return <PacsFields settings={settings} onChange={set} />;
    case "receiver":
      return <ReceiverFields settings={settings} list={list} onChange={set} />;
  }
}

interface FieldsOf<Settings> {
  readonly settings: Settings;
  readonly onChange: (settings: Settings) => void;
}

function SecretField(props: {
  readonly label: string;
  readonly isKept: boolean;
  readonly value: string;
  readonly onChange: (text: string) => void;
}) {
  return (
    <PasswordInput
      label={props.label}
      autoComplete="new-password"
      placeholder={props.isKept ? "Kept; write here to replace it" : ""}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}

function FolderFields(props: FieldsOf<Of<"folder">> & { readonly roots: readonly string[] }) {
  const { settings, roots, onChange } = props;
  return (
    <>
      <TextInput
        label="Folder"
        description={
          roots.length > 0
            ? `Below ${roots.join(" or ")} (LIMN_WATCH_ROOTS).`
            : "No folder may be watched on this machine until LIMN_WATCH_ROOTS names one."
        }
        required
        withAsterisk={false}
        value={settings.path}
        onChange={(event) => onChange({ ...settings, path: event.currentTarget.value })}
      />
      <NumberInput
        label="Seconds a file must stand still before it is taken"
        min={1}
        max={3600}
        value={settings.settle_seconds ?? 5}
        onChange={(value) =>
          typeof value === "number" && onChange({ ...settings, settle_seconds: value })
        }
      />
      <Checkbox
        label="Move what was taken to a folder “done” in it"
        description="Otherwise the files stay exactly as they are, and are remembered."
        checked={settings.moves_done ?? false}
        onChange={(event) => onChange({ ...settings, moves_done: event.currentTarget.checked })}
      />
    </>
  );
}

function S3Fields(props: FieldsOf<Of<"s3">> & { readonly secret: ReactNode }) {
  const { settings, secret, onChange } = props;
  return (
    <>
      <TextInput
        label="Bucket"
        required
        withAsterisk={false}
        value={settings.bucket}
        onChange={(event) => onChange({ ...settings, bucket: event.currentTarget.value })}
      />
      <TextInput
        label="Prefix"
        placeholder="All of the bucket"
        value={settings.prefix ?? ""}
        onChange={(event) => onChange({ ...settings, prefix: event.currentTarget.value })}
      />
      <TextInput
        label="Address of the service"
        placeholder="Amazon's, where empty"
        value={settings.endpoint ?? ""}
        onChange={(event) => onChange({ ...settings, endpoint: event.currentTarget.value })}
      />
      <TextInput
        label="Key id"
        placeholder="The machine's own credentials, where empty"
        autoComplete="off"
        value={settings.key_id ?? ""}
        onChange={(event) => onChange({ ...settings, key_id: event.currentTarget.value })}
      />
      {settings.key_id && secret}
    </>
  );
}

function WebFields(props: FieldsOf<Of<"dicomweb">> & { readonly secret: ReactNode }) {
  const { settings, secret, onChange } = props;
  return (
    <>
      <TextInput
        label="Address"
        placeholder="https://pacs.example.org/dicom-web"
        required
        withAsterisk={false}
        value={settings.url}
        onChange={(event) => onChange({ ...settings, url: event.currentTarget.value })}
      />
      <TextInput
        label="User"
        placeholder="Leave empty to sign in by a token, or not at all"
        autoComplete="off"
        value={settings.user ?? ""}
        onChange={(event) => onChange({ ...settings, user: event.currentTarget.value })}
      />
      {secret}
      <FilterFields
        filter={settings.filter ?? {}}
        onChange={(filter) => onChange({ ...settings, filter })}
      />
    </>
  );
}

function PacsFields({ settings, onChange }: FieldsOf<Of<"pacs">>) {
  return (
    <>
      <div className={classes["pair"]}>
        <TextInput
          label="Host"
          required
          withAsterisk={false}
          value={settings.host}
          onChange={(event) => onChange({ ...settings, host: event.currentTarget.value })}
        />
        <NumberInput
          label="Port"
          min={1}
          max={65535}
          value={settings.port}
          onChange={(value) => typeof value === "number" && onChange({ ...settings, port: value })}
        />
      </div>
      <div className={classes["pair"]}>
        <TextInput
          label="Its AE title"
          required
          withAsterisk={false}
          value={settings.called_ae}
          onChange={(event) => onChange({ ...settings, called_ae: event.currentTarget.value })}
        />
        <TextInput
          label="Limn's AE title there"
          required
          withAsterisk={false}
          value={settings.calling_ae ?? "LIMN"}
          onChange={(event) => onChange({ ...settings, calling_ae: event.currentTarget.value })}
        />
      </div>
      <Select
        label="How images are fetched"
        allowDeselect={false}
        data={[
          { value: "get", label: "C-GET: over the connection that Limn opens" },
          { value: "move", label: "C-MOVE: the PACS sends to Limn's receiver" },
        ]}
        value={settings.retrieve ?? "get"}
        onChange={(value) => onChange({ ...settings, retrieve: value === "move" ? "move" : "get" })}
      />
      <FilterFields
        filter={settings.filter ?? {}}
        onChange={(filter) => onChange({ ...settings, filter })}
      />
    </>
  );
}

const reading = [
  { value: "nothing", label: "Nothing: they only send" },
  { value: "sent", label: "What they sent (C-FIND, C-GET)" },
  { value: "all", label: "Everything in Limn (C-FIND, C-GET)" },
] as const;

function ReceiverFields(props: FieldsOf<Of<"receiver">> & { readonly list: SourceList }) {
  const { settings, list, onChange } = props;
  const door = list.receiver;
  return (
    <>
      <p className={classes["note"]}>
        {door
          ? `Limn is called ${door.ae_title} on port ${door.port} of this machine.`
          : "The receiver does not run: set LIMN_DIMSE_PORT and start Limn again. What is written here takes effect then."}
      </p>
      <TagsInput
        label="AE titles that may call"
        description="Enter after each. Everybody else is refused."
        value={[...settings.callers]}
        onChange={(callers) => onChange({ ...settings, callers })}
      />
      <TagsInput
        label="From these addresses only"
        description="An AE title is no proof of who calls; empty means from anywhere."
        value={[...(settings.hosts ?? [])]}
        onChange={(hosts) => onChange({ ...settings, hosts })}
      />
      <Select
        label="What they may read"
        allowDeselect={false}
        data={reading.map((one) => ({ ...one }))}
        value={settings.may_read ?? "nothing"}
        onChange={(value) =>
          onChange({
            ...settings,
            may_read: reading.find((one) => one.value === value)?.value ?? "nothing",
          })
        }
      />
    </>
  );
}
