import { ActionIcon, Button, Code, CopyButton, TextInput, Tooltip } from "@mantine/core";
import { IconCopy, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";

import { useCreateToken } from "@/api/requests/create-token";
import { useDeleteToken } from "@/api/requests/delete-token";
import { useTokens } from "@/api/requests/tokens";
import { sentenceOf } from "@/api/sentence";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";
import { formatAgo } from "@/lib/format";

import classes from "./tokens.module.css";

/** Keys for scripts that speak to Limn in this person's name. */
export function TokensPage() {
  const tokens = useTokens();
  const remove = useDeleteToken();
  return (
    <div className={surfaces["page"]} style={{ maxWidth: 820 }}>
      <PageHead title="My API tokens" />
      <p className={surfaces["panelHint"]}>
        A token lets a script do what you may do. Send it as <Code>Authorization: Bearer …</Code>
      </p>
      <NewToken />
      {tokens.isError && (
        <ErrorNotice message={sentenceOf(tokens.error)} onRetry={() => void tokens.refetch()} />
      )}
      <ul className={classes["list"]}>
        {tokens.data?.map((token) => (
          <li key={token.id}>
            <span>{token.name || `Token ${token.id}`}</span>
            <span>
              {token.last_used_at ? `used ${formatAgo(token.last_used_at)}` : "never used"}
            </span>
            <time dateTime={token.created_at}>made {formatAgo(token.created_at)}</time>
            <Tooltip label="Take this token back">
              <ActionIcon
                aria-label={`Take back ${token.name ?? "token"}`}
                onClick={() => remove.mutate(token.id)}
              >
                <IconTrash size={17} stroke={1.6} />
              </ActionIcon>
            </Tooltip>
          </li>
        ))}
      </ul>
    </div>
  );
}

function NewToken() {
  const create = useCreateToken();
  const [name, setName] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate(name.trim() || "Script", { onSuccess: () => setName("") });
  }
  return (
    <form className={classes["form"]} onSubmit={submit}>
      <TextInput
        aria-label="Name of the token"
        placeholder="What is it for?"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" loading={create.isPending}>
        Make a token
      </Button>
      {create.isError && <ErrorNotice message={sentenceOf(create.error)} />}
      {create.data?.secret && <FreshToken token={create.data.secret} />}
    </form>
  );
}

function FreshToken({ token }: { readonly token: string }) {
  return (
    <div className={classes["fresh"]} role="status">
      <span>Copy it now; it is not shown again.</span>
      <Code>{token}</Code>
      <CopyButton value={token}>
        {({ copied, copy }) => (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconCopy size={15} />}
            onClick={copy}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
