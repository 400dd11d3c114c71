import { Tabs } from "@mantine/core";
import { useNavigate, useParams } from "react-router";

import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import { AuditAdmin } from "./audit-admin";
import { PeopleAdmin } from "./people-admin";
import { PoliciesAdmin } from "./policies-admin";
import { SourcesAdmin } from "./sources-admin";
import { SystemAdmin } from "./system-admin";

/** People, where files come from, whether every part of the house is well, and who did what. */
export function AdminPage() {
  const { tab = "people" } = useParams();
  const navigate = useNavigate();
  return (
    <div className={surfaces["page"]} style={{ maxWidth: 1120 }}>
      <PageHead title="Admin" />
      <Tabs
        value={tab}
        onChange={(next) => void navigate(`/admin/${next ?? "people"}`)}
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          <Tabs.Tab value="people">People</Tabs.Tab>
          <Tabs.Tab value="sources">Sources</Tabs.Tab>
          <Tabs.Tab value="system">System</Tabs.Tab>
          <Tabs.Tab value="policies">De-identification</Tabs.Tab>
          <Tabs.Tab value="audit">Audit</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <PeopleAdmin />
        </Tabs.Panel>
        <Tabs.Panel value="sources">
          <SourcesAdmin />
        </Tabs.Panel>
        <Tabs.Panel value="system">
          <SystemAdmin />
        </Tabs.Panel>
        <Tabs.Panel value="policies">
          <PoliciesAdmin />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditAdmin />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
