import { Button, Skeleton } from "@mantine/core";
import { useState } from "react";

import { useDeidPolicies } from "@/api/requests/deid-policies";
import { useDeidPolicyVersions } from "@/api/requests/deid-policy-versions";
import { useProjects } from "@/api/requests/projects";
import { sentenceOf } from "@/api/sentence";
import type { DeidPolicy } from "@/api/types";
import { Chip } from "@/components/chip";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";
import { formatDay, plural } from "@/lib/format";

import classes from "./policies.module.css";
import { PolicyForm } from "./policy-form";
import { wordsOfScope } from "./policy-words";

/** How identities are removed from what comes in: policies, their versions, where they rule. */
export function PoliciesAdmin() {
  const policies = useDeidPolicies();
  const [name, setName] = useState<string | null>(null);
  const chosen = policies.data?.find((policy) => policy.name === name) ?? policies.data?.[0];
  if (policies.isError) {
    return (
      <ErrorNotice message={sentenceOf(policies.error)} onRetry={() => void policies.refetch()} />
    );
  }
  if (!chosen) return <Skeleton height={360} radius={8} />;
  return (
    <div className={classes["desk"]}>
      <ul className={classes["list"]} aria-label="Policies">
        {policies.data?.map((policy) => (
          <li key={policy.name}>
            <button
              type="button"
              aria-current={policy.name === chosen.name}
              onClick={() => setName(policy.name)}
            >
              <strong dir="auto">{policy.title}</strong>
              <span>
                {policy.name} · version {policy.version}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Policy key={`${chosen.name}-${chosen.version}`} policy={chosen} onMade={setName} />
    </div>
  );
}

interface PolicyProps {
  readonly policy: DeidPolicy;
  readonly onMade: (name: string) => void;
}

function Policy({ policy, onMade }: PolicyProps) {
  const [isEditing, setEditing] = useState(false);
  return (
    <section aria-label={`Policy ${policy.title}`}>
      <header className={classes["head"]}>
        <h2 dir="auto">{policy.title}</h2>
        <Chip tone="quiet">{`version ${policy.version}`}</Chip>
        {!isEditing && (
          <Button size="compact-md" variant="default" onClick={() => setEditing(true)}>
            Make a new version
          </Button>
        )}
      </header>
      <Rules policy={policy} />
      <PolicyForm
        policy={policy}
        isEditing={isEditing}
        onDone={(name) => {
          setEditing(false);
          if (name) onMade(name);
        }}
      />
      {!isEditing && <Versions name={policy.name} />}
    </section>
  );
}

/** Which deliveries it governs. */
function Rules({ policy }: { readonly policy: DeidPolicy }) {
  const projects = useProjects();
  const names = new Map(projects.data?.map((one) => [one.id, one.name]));
  const rules = policy.scopes.map((scope) => wordsOfScope(scope, names));
  return (
    <p className={surfaces["panelHint"]}>
      {rules.length > 0
        ? `Governs what comes by ${rules.join(", ")}.`
        : "Governs nothing by itself; it may be chosen for a delivery."}
    </p>
  );
}

function Versions({ name }: { readonly name: string }) {
  const versions = useDeidPolicyVersions(name);
  if (!versions.data) return null;
  return (
    <table className={classes["versions"]} aria-label="Versions">
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Made</th>
          <th scope="col">Options</th>
          <th scope="col">Checksum</th>
        </tr>
      </thead>
      <tbody>
        {versions.data.map((version) => (
          <tr key={version.version}>
            <td>{version.version}</td>
            <td>{version.created_at ? formatDay(version.created_at) : "came with Limn"}</td>
            <td>{plural(version.document.options.length, "option", "options")}</td>
            <td>
              <code title={version.digest}>{version.digest.slice(0, 12)}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
