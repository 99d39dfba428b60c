-- On which ground of article 17(1) of the GDPR an erasure was asked for, and by which exemption of 17(3) it was refused.
alter table erasure
    add column ground text check (
        ground in (
            'no_longer_necessary', 'consent_withdrawn', 'objection', 'unlawful', 'legal_obligation', 'child_services', 'other'
        )
    ),
    add column exemption text check (
        exemption in ('freedom_of_expression', 'legal_obligation', 'public_interest', 'archiving', 'legal_claims')
    );
