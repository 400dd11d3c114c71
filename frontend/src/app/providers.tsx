import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { resolveVariables, theme } from "./theme";

interface ProvidersProps {
  readonly client: QueryClient;
  readonly children: ReactNode;
}

/** Everything every page relies on: theme, server data, dialogs, notices. */
export function Providers({ client, children }: ProvidersProps) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveVariables}
      defaultColorScheme="dark"
    >
      <QueryClientProvider client={client}>
        <ModalsProvider>
          <Notifications position="bottom-left" containerWidth={380} ml={72} />
          {children}
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
