#pragma once

#include "core/config/config_issue.h"

#include <QWidget>

#include <vector>

class QGridLayout;

namespace lora::ui {

class MutedLabel;

/// A two-column form whose rows show the configuration's issues right below their field.
class IssueForm : public QWidget
{
    Q_OBJECT

public:
    explicit IssueForm(QWidget* parent = nullptr);

    /// `field`: dotted path as in ConfigIssue ("training.seed"); `why`: the tooltip, one sentence.
    void addField(const QString& label, QWidget* control, const QString& field, const QString& why);
    /// Issues of fields this form does not have are left to others.
    void setIssues(const ConfigIssues& issues);
    bool hasField(const std::string& field) const;

private:
    struct Row
    {
        std::string field;
        MutedLabel* issue;
    };

    QGridLayout* m_grid;
    std::vector<Row> m_rows;
};

} // namespace lora::ui
