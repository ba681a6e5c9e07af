{{#mapped}}
{{locks}}
{{/mapped}}
